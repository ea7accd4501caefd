import { mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isGanderError } from '#domain/failure'
import type { ControlProbe, Sandbox, SandboxProbe } from '#ports'
import {
  attack,
  attackCalls,
  attackLimits,
  type LimitsTried,
  PROBE_LIMITS,
  processorControl,
} from '../fence/probe/attack-sandbox.ts'
import { type AttackReport, callAttacks } from '../fence/probe/attacks.ts'
import { reportControls } from '../fence/probe/report-controls.ts'
import { filteredArchitecture } from '../fence/seccomp/seccomp-program.ts'
import type { Ground } from './open-container.ts'
import { openSandbox } from './sandbox.ts'

const HIDDEN = ['/root', '/var/lib/docker', '/var/lib/containers', '/run/docker.sock', '/var/run/docker.sock']

const tryCalls = (sandbox: Sandbox, filter_is_on: boolean): Promise<ControlProbe> => {
  const architecture = filteredArchitecture()
  // The engine's filter kills the caller of an x32 call as one of a foreign architecture, and the other tries with it.
  const attacks = (architecture === undefined ? [] : callAttacks(architecture)).filter(
    ({ name }) => name !== 'x32 calls',
  )
  const remedy = 'Use an engine that was built with seccomp support.'
  return attackCalls(sandbox, { attacks, filter_is_on, others: { tried: [], passed: [] }, remedy })
}

const SEPARATE = ['mnt', 'pid', 'net', 'ipc', 'uts']

const namespaceOf = (name: string): string => readlinkSync(`/proc/self/ns/${name}`)

const userNamespace = (report: AttackReport): ControlProbe => {
  const own = report.namespaces['user'] !== namespaceOf('user')
  return {
    control: 'user_namespace',
    held: own,
    detail: own
      ? 'Users inside are none of the host.'
      : "Users inside are the host's by number, and have no capability.",
    ...(own ? {} : { remedy: 'Start dockerd with --userns-remap, where users of the host must not be shared.' }),
    required: false,
  }
}

const LIMIT_REMEDY =
  'Use an engine whose control groups limit memory, pids and cpu (`docker info` warns of what lacks).'

const limit = (resource: string, held: boolean, stopped: string): ControlProbe => ({
  control: `${resource}_limit`,
  held,
  detail: held ? `${stopped} by the container's control group` : 'The limit was passed by a command.',
  ...(held ? {} : { remedy: LIMIT_REMEDY }),
  required: true,
})

const limitControls = (seen: LimitsTried): readonly ControlProbe[] => [
  limit('memory', seen.memory_refused, `Twice ${PROBE_LIMITS.memory_bytes} bytes were refused`),
  limit('pids', seen.pids_refused, `Twice ${PROBE_LIMITS.pids} processes were refused`),
  processorControl(seen, "the container's control group", LIMIT_REMEDY),
]

const attackAll = async (sandbox: Sandbox, home: string): Promise<readonly ControlProbe[]> => {
  const report = await attack(sandbox, [home, ...HIDDEN])
  if (typeof report === 'string') {
    const detail = `It did not run inside: ${report.trim() || 'no reason given'}`
    const remedy = 'Build the image with node, sh, env, tar and coreutils; see docs/guides/sandboxes.md.'
    return [{ control: 'attack_program', held: false, detail, remedy, required: true }]
  }
  const owner = statSync(join(sandbox.tree.path, 'gander-probe')).uid
  const own = Object.fromEntries(SEPARATE.map((name) => [name, namespaceOf(name)]))
  const seen = reportControls(report, { own, owner, privilege: 'root' }).map((each) =>
    each.held || each.remedy !== undefined ? each : { ...each, remedy: '`gander doctor` names the engine to look at.' },
  )
  const calls = await tryCalls(sandbox, report.status['Seccomp'] === '2')
  return [...seen, userNamespace(report), calls, ...limitControls(await attackLimits(sandbox))]
}

/** Attacks each control once in a container of its own; a few seconds. */
export const probeContainer = async (driver: string, prepare: () => Promise<Ground>): Promise<SandboxProbe> => {
  const privilege = process.getuid?.() === 0 ? 'root' : 'rootless'
  const base = { driver, isolation: 'shared_kernel', privilege } as const
  const scratch = mkdtempSync(join(tmpdir(), 'gander-probe-'))
  let sandbox: Sandbox | undefined
  try {
    mkdirSync(join(scratch, 'tree'))
    const ground = await prepare()
    sandbox = await openSandbox(ground, {
      run_id: 'probe',
      purpose: 'work',
      checkout: join(scratch, 'tree'),
      setup_layer: null,
      writable: { kind: 'memory' },
      limits: PROBE_LIMITS,
    })
    return { ...base, available: true, controls: await attackAll(sandbox, ground.home) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const remedy = isGanderError(error) ? error.remedy : 'Run `gander doctor`.'
    return { ...base, available: false, reason, remedy, controls: [] }
  } finally {
    await sandbox?.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}
