import { createServer, type Server } from 'node:net'
import { availableParallelism } from 'node:os'
import type { ControlProbe, ExecResult, Sandbox, SandboxLimits } from '#ports'
import { ATTACK_PROGRAM, type AttackReport, type CallAttack, callPrograms } from './attacks.ts'

/**
 * Small, so that reaching them is quick: the attack program itself needs about 60 MB and 12 threads. One processor, so
 * that a second one is seen to be refused.
 */
export const PROBE_LIMITS: SandboxLimits = {
  memory_bytes: 256 * 1024 ** 2,
  cpus: 1,
  pids: 64,
  upper_bytes: 64 * 1024 ** 2,
  upper_inodes: 2000,
}

/** Runs one command of a probe. */
export const execProbe = (sandbox: Sandbox, argv: readonly string[]): Promise<ExecResult> =>
  sandbox.exec({ argv, timeout_ms: 20_000, output_bytes: 65_536, network: { kind: 'none' } })

const listening = (): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

/** Runs the attack program; `hidden` are host paths that must not be seen. What it complained of where it did not run. */
export const attack = async (sandbox: Sandbox, hidden: readonly string[]): Promise<AttackReport | string> => {
  const server = await listening()
  try {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const result = await execProbe(sandbox, ['node', '-e', ATTACK_PROGRAM, '--', JSON.stringify({ port, hidden })])
    return result.exit_code === 0 ? (JSON.parse(result.stdout) as AttackReport) : result.stderr
  } finally {
    server.close()
  }
}

interface CallsTried {
  readonly attacks: readonly CallAttack[]
  /** What the status of a process inside says. */
  readonly filter_is_on: boolean
  /** Calls that were tried in another way, and those of them that passed. */
  readonly others: { readonly tried: readonly string[]; readonly passed: readonly string[] }
  /** What to do where a call passes; absent where there is nothing a person could do. */
  readonly remedy?: string
}

/** Raw calls need an interpreter that can make them; without one the filter is only seen to be switched on. */
export const attackCalls = async (sandbox: Sandbox, calls: CallsTried): Promise<ControlProbe> => {
  const { attacks, others } = calls
  const judged = (held: boolean, detail: string): ControlProbe => ({
    control: 'system_calls',
    held,
    detail,
    ...(held || calls.remedy === undefined ? {} : { remedy: calls.remedy }),
    required: true,
  })
  for (const argv of callPrograms(attacks)) {
    const result = await execProbe(sandbox, argv)
    if (result.exit_code !== 0) continue
    const lines = result.stdout.trim().split('\n')
    const open = attacks.filter((each, index) => lines[index] !== `-1 ${each.errno}`).map((each) => each.name)
    const passed = [...open, ...others.passed]
    const tried = [...attacks.map((each) => each.name), ...others.tried].join(', ')
    return passed.length === 0
      ? judged(true, `${tried}: each refused by the filter`)
      : judged(false, `not refused as expected: ${passed.join(', ')}`)
  }
  return judged(
    calls.filter_is_on && others.passed.length === 0,
    'The filter is switched on; neither perl nor python3 is there to try single calls.',
  )
}

/** What came of reaching for more than the limits. */
export interface LimitsTried {
  /** Undefined where the attack did not run. */
  readonly cpu: { readonly loops: number; readonly used_ms: number; readonly wall_ms: number } | undefined
  readonly memory_refused: boolean
  readonly pids_refused: boolean
}

const SPIN = `read from _ </proc/uptime; i=0; all=
while [ $i -lt "$1" ]; do (while :; do :; done) & all="$all $!"; i=$((i+1)); done
sleep 0.25; kill -9 $all; wait; read to _ </proc/uptime; times; echo "$from $to"`

const MOST_LOOPS = 16

/** Busy loops over more processors than there are; processor time of what has ended, as the shell tells it. */
const attackProcessors = async (sandbox: Sandbox): Promise<LimitsTried['cpu']> => {
  const loops = Math.min(MOST_LOOPS, 2 * availableParallelism())
  const { stdout } = await execProbe(sandbox, ['sh', '-c', SPIN, 'sh', String(loops)])
  const [, minutes, seconds, system_minutes, system_seconds, from, to] =
    /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n([\d.]+) ([\d.]+)$/m.exec(stdout) ?? []
  if (to === undefined) return undefined
  const used = (Number(minutes) + Number(system_minutes)) * 60 + Number(seconds) + Number(system_seconds)
  return { loops, used_ms: Math.round(used * 1000), wall_ms: Math.round((Number(to) - Number(from)) * 1000) }
}

/** Reaches for twice the memory, twice the processes and every processor. */
export const attackLimits = async (sandbox: Sandbox): Promise<LimitsTried> => {
  const bytes = 2 * PROBE_LIMITS.memory_bytes
  // One block that is filled whole before a byte of it is passed on: a fifth of the time of a pipe that is kept.
  const memory = await execProbe(sandbox, ['sh', '-c', `dd if=/dev/zero bs=${bytes} count=1 2>/dev/null | wc -c`])
  const loop = `i=0; while [ $i -lt ${2 * PROBE_LIMITS.pids} ]; do sleep 9 & i=$((i+1)); done; echo all`
  const forks = await execProbe(sandbox, ['sh', '-c', loop])
  return {
    cpu: await attackProcessors(sandbox),
    memory_refused: memory.ended_by === 'out_of_memory' || !memory.stdout.includes(String(bytes)),
    pids_refused: !forks.stdout.includes('all'),
  }
}

/** The kernel gives each period's share at once, so that an attack may begin and end with one. */
const PERIOD_MS = 100
const TOLERANCE = 1.1

/** Judges the use of processors; `by` names what sets the limit, absent where nothing does. */
export const processorControl = ({ cpu }: LimitsTried, by: string | undefined, remedy: string): ControlProbe => {
  const within = cpu === undefined || cpu.used_ms <= PROBE_LIMITS.cpus * (cpu.wall_ms + PERIOD_MS) * TOLERANCE
  const held = by !== undefined && within
  const seen =
    cpu === undefined ? '' : `${cpu.loops} busy loops used ${cpu.used_ms} ms of processor time in ${cpu.wall_ms} ms`
  const detail = held
    ? `${seen === '' ? 'Set' : `${seen}, held`} by ${by}.`
    : by === undefined
      ? 'Commands may use every processor.'
      : `${seen}, more than their share.`
  return { control: 'cpu_limit', held, detail, ...(held ? {} : { remedy }), required: false }
}
