import { chmodSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlProbe, ExecResult, Sandbox, SandboxLimits, SandboxProbe } from '#ports'
import type { Ground } from '../ground.ts'
import { findHostPrograms, type HostEnvironment, installRemedy } from '../host-programs.ts'
import { openSandbox } from '../sandbox.ts'
import { filteredArchitecture } from '../../fence/seccomp/seccomp-program.ts'
import { ATTACK_PROGRAM, type AttackReport, callAttacks, callPrograms } from '../../fence/probe/attacks.ts'
import { reportControls } from '../../fence/probe/report-controls.ts'
import { limitControls } from './limit-controls.ts'
import { diagnose } from './diagnose.ts'
import { foreignProgram } from '../../fence/probe/foreign-program.ts'

/** Small, so that reaching them is quick: the attack program itself needs about 60 MB and 12 threads. */
const PROBE_LIMITS: SandboxLimits = {
  memory_bytes: 256 * 1024 ** 2,
  cpus: 2,
  pids: 64,
  upper_bytes: 64 * 1024 ** 2,
  upper_inodes: 2000,
}

/** Uids of probes lie beside the range of runs. */
const PROBE_UID_BASE = 1_902_000_000

const exec = (sandbox: Sandbox, argv: readonly string[]): Promise<ExecResult> =>
  sandbox.exec({ argv, timeout_ms: 20_000, output_bytes: 65_536, network: { kind: 'none' } })

const listening = (): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

const attack = async (sandbox: Sandbox, ground: Ground): Promise<AttackReport | string> => {
  const server = await listening()
  try {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const home = ground.environment['HOME']
    const hidden = [
      ground.home,
      ...(home === undefined || home === '/' ? [] : [join(home, '.ssh'), join(home, '.config'), join(home, '.gander')]),
    ]
    const result = await exec(sandbox, ['node', '-e', ATTACK_PROGRAM, '--', JSON.stringify({ port, hidden })])
    return result.exit_code === 0 ? (JSON.parse(result.stdout) as AttackReport) : result.stderr
  } finally {
    server.close()
  }
}

/** A call of the 32-bit table has to end its program; undefined where this processor has no such table. */
const foreignCallPassed = async (sandbox: Sandbox): Promise<readonly string[] | undefined> => {
  const architecture = filteredArchitecture()
  const program = architecture === undefined ? undefined : foreignProgram(architecture)
  if (program === undefined) return undefined
  const path = join(sandbox.tree.path, 'gander-foreign')
  writeFileSync(path, program)
  chmodSync(path, 0o755)
  const { signal } = await exec(sandbox, ['/workspace/gander-foreign'])
  // Without 32-bit emulation in the kernel the program dies of SIGSEGV: contained as well.
  return signal === 'SIGSYS' || signal === 'SIGSEGV' ? [] : ['calls of the 32-bit table (int 0x80)']
}

/** Raw calls need an interpreter that can make them; without one the filter is only seen to be switched on. */
const attackCalls = async (sandbox: Sandbox, filter_is_on: boolean): Promise<ControlProbe> => {
  const architecture = filteredArchitecture()
  const attacks = architecture === undefined ? [] : callAttacks(architecture)
  const foreign = await foreignCallPassed(sandbox)
  const tried = [...attacks.map((each) => each.name), ...(foreign === undefined ? [] : ['int 0x80'])]
  for (const argv of callPrograms(attacks)) {
    const result = await exec(sandbox, argv)
    if (result.exit_code !== 0) continue
    const lines = result.stdout.trim().split('\n')
    const open = attacks.filter((each, index) => lines[index] !== `-1 ${each.errno}`).map((each) => each.name)
    const passed = [...open, ...(foreign ?? [])]
    return {
      control: 'system_calls',
      held: passed.length === 0,
      detail:
        passed.length === 0
          ? `${tried.join(', ')}: each refused by the filter`
          : `not refused as expected: ${passed.join(', ')}`,
      required: true,
    }
  }
  return {
    control: 'system_calls',
    held: filter_is_on && (foreign ?? []).length === 0,
    detail: 'The filter is switched on; neither perl nor python3 is there to try single calls.',
    required: true,
  }
}

const SURVIVOR = 'gander-survivor'

/** Leaves behind what tries to outlive its command: in a session of its own, and deaf to signals. */
const leaveDaemons = (sandbox: Sandbox): Promise<ExecResult> => {
  const late = `trap '' TERM INT HUP; sleep 0.2; touch ${SURVIVOR}`
  return exec(sandbox, ['sh', '-c', `setsid sh -c "${late}" >/dev/null 2>&1 & (sh -c "${late}" >/dev/null 2>&1 &)`])
}

const daemonControl = (sandbox: Sandbox): ControlProbe => {
  const survived = existsSync(join(sandbox.tree.path, SURVIVOR))
  return {
    control: 'no_survivors',
    held: !survived,
    detail: survived
      ? 'A process went on after its command had ended.'
      : 'Daemons in sessions of their own, deaf to signals: gone with their command',
    required: true,
  }
}

const ownNamespaces = (): { readonly [name: string]: string } =>
  Object.fromEntries(
    ['user', 'mnt', 'pid', 'net', 'ipc', 'uts'].map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)]),
  )

const attackAll = async (sandbox: Sandbox, ground: Ground): Promise<readonly ControlProbe[]> => {
  await leaveDaemons(sandbox)
  const began = performance.now()
  const report = await attack(sandbox, ground)
  if (typeof report === 'string') {
    return [
      { control: 'attack_program', held: false, detail: `It did not run inside: ${report.trim()}`, required: true },
    ]
  }
  const owner = statSync(join(sandbox.tree.path, 'gander-probe')).uid
  const calls = await attackCalls(sandbox, report.status['Seccomp'] === '2')
  const memory = await exec(sandbox, [
    'sh',
    '-c',
    `head -c ${2 * PROBE_LIMITS.memory_bytes} /dev/zero | tail -n 1 | wc -c`,
  ])
  const forks = await exec(sandbox, [
    'sh',
    '-c',
    `i=0; while [ $i -lt ${2 * PROBE_LIMITS.pids} ]; do sleep 9 & i=$((i+1)); done; echo all`,
  ])
  await sleep(Math.max(0, 400 - (performance.now() - began)))
  return [
    ...reportControls(report, { own: ownNamespaces(), owner, privilege: ground.privilege }),
    calls,
    daemonControl(sandbox),
    ...limitControls(ground, { memory, forks }, PROBE_LIMITS),
  ]
}

/** Attacks each control once in a sandbox of its own; about half a second. */
export const probeSandbox = async (prepare: () => Ground, environment: HostEnvironment): Promise<SandboxProbe> => {
  const privilege = process.getuid?.() === 0 ? 'root' : 'rootless'
  const base = { driver: 'bubblewrap', isolation: 'shared_kernel', privilege } as const
  if (process.platform !== 'linux') {
    return {
      ...base,
      available: false,
      reason: 'Namespaces exist on Linux only.',
      remedy: 'Run Gander on Linux, in a virtual machine where need be.',
      controls: [],
    }
  }
  const { missing } = findHostPrograms(environment)
  if (missing.length > 0) {
    return {
      ...base,
      available: false,
      reason: `Missing: ${missing.join(', ')}.`,
      remedy: installRemedy(missing),
      controls: [],
    }
  }
  const checkout = mkdtempSync(join(tmpdir(), 'gander-probe-'))
  let sandbox: Sandbox | undefined
  try {
    mkdirSync(join(checkout, 'tree'))
    const ground = prepare()
    sandbox = await openSandbox(
      ground,
      {
        run_id: 'probe',
        purpose: 'work',
        checkout: join(checkout, 'tree'),
        setup_layer: null,
        writable: { kind: 'memory' },
        limits: PROBE_LIMITS,
      },
      PROBE_UID_BASE,
    )
    return { ...base, available: true, controls: await attackAll(sandbox, ground) }
  } catch (error) {
    return { ...base, available: false, ...diagnose(error), controls: [] }
  } finally {
    await sandbox?.close()
    rmSync(checkout, { recursive: true, force: true })
  }
}
