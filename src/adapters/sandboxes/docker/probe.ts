import { mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isGanderError } from '#domain/failure'
import type { ControlProbe, ExecResult, Sandbox, SandboxLimits, SandboxProbe } from '#ports'
import { ATTACK_PROGRAM, type AttackReport, callAttacks, callPrograms } from '../fence/probe/attacks.ts'
import { reportControls } from '../fence/probe/report-controls.ts'
import { filteredArchitecture } from '../fence/seccomp/seccomp-program.ts'
import type { Ground } from './open-container.ts'
import { openSandbox } from './sandbox.ts'

/** Small, so that reaching them is quick. */
const PROBE_LIMITS: SandboxLimits = {
  memory_bytes: 256 * 1024 ** 2,
  cpus: 2,
  pids: 64,
  upper_bytes: 64 * 1024 ** 2,
  upper_inodes: 2000,
}

const exec = (sandbox: Sandbox, argv: readonly string[]): Promise<ExecResult> =>
  sandbox.exec({ argv, timeout_ms: 20_000, output_bytes: 65_536, network: { kind: 'none' } })

const listening = (): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

const attack = async (sandbox: Sandbox, home: string): Promise<AttackReport | string> => {
  const server = await listening()
  try {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const hidden = [home, '/root', '/var/lib/docker', '/var/lib/containers', '/run/docker.sock', '/var/run/docker.sock']
    const result = await exec(sandbox, ['node', '-e', ATTACK_PROGRAM, '--', JSON.stringify({ port, hidden })])
    return result.exit_code === 0 ? (JSON.parse(result.stdout) as AttackReport) : result.stderr
  } finally {
    server.close()
  }
}

const attackCalls = async (sandbox: Sandbox, filter_is_on: boolean): Promise<ControlProbe> => {
  const architecture = filteredArchitecture()
  // The engine's filter kills the caller of an x32 call as one of a foreign architecture, and the other tries with it.
  const attacks = (architecture === undefined ? [] : callAttacks(architecture)).filter(
    ({ name }) => name !== 'x32 calls',
  )
  for (const argv of callPrograms(attacks)) {
    const result = await exec(sandbox, argv)
    if (result.exit_code !== 0) continue
    const lines = result.stdout.trim().split('\n')
    const passed = attacks.filter((each, index) => lines[index] !== `-1 ${each.errno}`).map((each) => each.name)
    const tried = attacks.map((each) => each.name).join(', ')
    return {
      control: 'system_calls',
      held: passed.length === 0,
      detail:
        passed.length === 0 ? `${tried}: each refused by the filter` : `not refused as expected: ${passed.join(', ')}`,
      ...(passed.length === 0 ? {} : { remedy: 'Use an engine that was built with seccomp support.' }),
      required: true,
    }
  }
  return {
    control: 'system_calls',
    held: filter_is_on,
    detail: 'The filter is switched on; the image has neither perl nor python3 to try single calls.',
    ...(filter_is_on ? {} : { remedy: 'Use an engine that was built with seccomp support.' }),
    required: true,
  }
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

const attackLimits = async (sandbox: Sandbox): Promise<readonly ControlProbe[]> => {
  const bytes = 2 * PROBE_LIMITS.memory_bytes
  const memory = await exec(sandbox, ['sh', '-c', `head -c ${bytes} /dev/zero | tail -n 1 | wc -c`])
  const loop = `i=0; while [ $i -lt ${2 * PROBE_LIMITS.pids} ]; do sleep 9 & i=$((i+1)); done; echo all`
  const forks = await exec(sandbox, ['sh', '-c', loop])
  return [
    limit('memory', !memory.stdout.includes(String(bytes)), `${bytes} bytes were refused`),
    limit('pids', !forks.stdout.includes('all'), `${2 * PROBE_LIMITS.pids} processes were refused`),
    { control: 'cpu_limit', held: true, detail: 'Set by the control group of the container.', required: false },
  ]
}

const attackAll = async (sandbox: Sandbox, home: string): Promise<readonly ControlProbe[]> => {
  const report = await attack(sandbox, home)
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
  const calls = await attackCalls(sandbox, report.status['Seccomp'] === '2')
  return [...seen, userNamespace(report), calls, ...(await attackLimits(sandbox))]
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
