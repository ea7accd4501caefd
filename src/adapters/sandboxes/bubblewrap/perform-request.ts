import { GanderError } from '#domain/failure'
import type { ExecRequest, ExecResult, SandboxProcess, SandboxSpec, StartRequest } from '#ports'
import { BRIDGE_NODE, behindBridge, doorSocket } from './bridge/bridge-program.ts'
import { type DoorRelay, openDoorRelay } from './bridge/door-relay.ts'
import { bubblewrapArguments, type CommandShape, type InnerView, launchArguments } from './command-line.ts'
import type { Ground } from './ground.ts'
import { type Holder, STAGE } from './holder.ts'
import type { CgroupSet } from './limits/cgroups.ts'
import type { OutputPipes } from './output-pipes.ts'
import { runCommand } from './run-command.ts'
import { ARGS_FD, type CommandLaunch, REPORT_FD, SECCOMP_FD } from './spawn-command.ts'
import { startCommand } from './start-command.ts'

/** What one open sandbox is made of. */
export interface OpenParts {
  readonly ground: Ground
  readonly spec: SandboxSpec
  readonly id: string
  readonly folder: string
  readonly uid: number
  readonly gid: number
  readonly holder: Holder
  readonly cgroups: CgroupSet | undefined
  readonly view: InnerView
  readonly pipes: OutputPipes
  readonly shield: readonly ('ignore' | number)[]
}

const launchOf = (
  parts: OpenParts,
  request: StartRequest,
  shape: CommandShape,
  signal: AbortSignal,
): CommandLaunch => ({
  shell: parts.ground.programs.sh,
  launch: launchArguments(parts.view, shape.argv, ARGS_FD),
  bubblewrap: bubblewrapArguments(parts.view, shape, { seccomp: SECCOMP_FD, report: REPORT_FD }),
  seccomp: parts.ground.seccomp,
  pipes: parts.pipes,
  shield: parts.shield,
  wrapped: parts.view.limit_each_process || request.network.kind === 'doors',
  timeout_ms: request.timeout_ms,
  signal,
  outOfMemoryKills: () => parts.cgroups?.outOfMemoryKills() ?? 0,
})

let doors_made = 0

interface Prepared {
  readonly launch: CommandLaunch
  /** Takes the doors away. */
  readonly done: () => Promise<void>
}

const WITH_DOORS: readonly SandboxSpec['purpose'][] = ['setup', 'guest']

const requireDoorsAllowed = ({ purpose }: SandboxSpec): void => {
  if (WITH_DOORS.includes(purpose)) return
  throw new GanderError(
    'sandbox_control_missing',
    `A ${purpose} sandbox has no way out; only setup and guests have one.`,
    {
      remedy: 'Install what the command needs in the setup phase of the verification profile.',
    },
  )
}

/** Makes one request ready, with the ways out it asks for where these are legal. */
const prepare = async (parts: OpenParts, request: StartRequest, signal: AbortSignal): Promise<Prepared> => {
  const { network } = request
  const asked = { cwd: request.cwd ?? '', env: request.env ?? {} }
  if (network.kind === 'none') {
    const shape = { ...asked, argv: request.argv, binds: [] }
    return { launch: launchOf(parts, request, shape, signal), done: () => Promise.resolve() }
  }
  requireDoorsAllowed(parts.spec)
  const relays: DoorRelay[] = []
  const binds = [{ from: parts.view.bridge_node, at: BRIDGE_NODE }]
  const done = async (): Promise<void> => {
    await Promise.all(relays.map((relay) => relay.close()))
  }
  try {
    for (const [index, { socket }] of network.doors.entries()) {
      doors_made += 1
      const from = `${STAGE}/io/door-${doors_made}`
      relays.push(await openDoorRelay(parts.holder.outside(from), socket))
      binds.push({ from, at: doorSocket(index) })
    }
  } catch (error) {
    await done()
    throw error
  }
  const shape = { ...asked, argv: behindBridge(network.doors, request.argv), binds }
  return { launch: launchOf(parts, request, shape, signal), done }
}

/** Runs one request to its end. @throws GanderError `sandbox_unavailable`, `sandbox_control_missing` */
export const runRequest = async (parts: OpenParts, request: ExecRequest, signal: AbortSignal): Promise<ExecResult> => {
  const { launch, done } = await prepare(parts, request, signal)
  try {
    return await runCommand({ ...launch, stdin: request.stdin, output_bytes: request.output_bytes })
  } finally {
    await done()
  }
}

/** Starts one request that is spoken with. @throws GanderError `sandbox_unavailable`, `sandbox_control_missing` */
export const startRequest = async (
  parts: OpenParts,
  request: StartRequest,
  signal: AbortSignal,
): Promise<SandboxProcess> => {
  const { launch, done } = await prepare(parts, request, signal)
  return startCommand(launch, done)
}
