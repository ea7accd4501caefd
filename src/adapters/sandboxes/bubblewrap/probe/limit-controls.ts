import type { ControlProbe, ExecResult, SandboxLimits } from '#ports'
import type { Ground } from '../ground.ts'

const CGROUP_REMEDY =
  'Run Gander as root, or let systemd delegate control groups: `systemd-run --user --scope -p Delegate=yes gander ...`.'

/** Judges the limits; without control groups they hold for each process by itself and are not required. */
export const limitControls = (
  ground: Ground,
  seen: { readonly memory: ExecResult; readonly forks: ExecResult },
  limits: SandboxLimits,
): readonly ControlProbe[] => {
  const { resources, version } = ground.cgroups
  const required = ground.privilege === 'root'
  const whole = `control groups ${version}`
  const of = (resource: 'memory' | 'pids', held: boolean, stopped: string): ControlProbe => {
    const grouped = resources.includes(resource)
    return {
      control: `${resource}_limit`,
      held: held && grouped,
      detail: held
        ? `${stopped} (${grouped ? whole : 'per process only'})`
        : `The limit was passed (${grouped ? whole : 'no control group'}).`,
      ...(held && grouped ? {} : { remedy: CGROUP_REMEDY }),
      required,
    }
  }
  const memory_held =
    seen.memory.ended_by === 'out_of_memory' || !seen.memory.stdout.includes(String(2 * limits.memory_bytes))
  const cpu = resources.includes('cpu')
  return [
    of('memory', memory_held, `Twice ${limits.memory_bytes} bytes were refused`),
    of('pids', !seen.forks.stdout.includes('all'), `Twice ${limits.pids} processes were refused`),
    {
      control: 'cpu_limit',
      held: cpu,
      detail: cpu ? `Set by ${whole}.` : 'Commands may use every processor.',
      ...(cpu ? {} : { remedy: CGROUP_REMEDY }),
      required: false,
    },
  ]
}
