import type { ControlProbe } from '#ports'
import { type LimitsTried, PROBE_LIMITS, processorControl } from '../../fence/probe/attack-sandbox.ts'
import type { Ground } from '../ground.ts'

const CGROUP_REMEDY =
  'Run Gander as root, or let systemd delegate control groups: `systemd-run --user --scope -p Delegate=yes gander ...`.'

/** Judges the limits; without control groups they hold for each process by itself and are not required. */
export const limitControls = (ground: Ground, seen: LimitsTried): readonly ControlProbe[] => {
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
  return [
    of('memory', seen.memory_refused, `Twice ${PROBE_LIMITS.memory_bytes} bytes were refused`),
    of('pids', seen.pids_refused, `Twice ${PROBE_LIMITS.pids} processes were refused`),
    processorControl(seen, resources.includes('cpu') ? whole : undefined, CGROUP_REMEDY),
  ]
}
