import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GanderError } from '#domain/failure'
import type { ExecRequest, ExecResult, ReadOnlyView, Sandbox, SandboxProcess, SandboxSpec, StartRequest } from '#ports'
import { BRIDGE_NODE, behindBridge, doorSocket } from './bridge/bridge-program.ts'
import { type DoorRelay, openDoorRelay } from './bridge/door-relay.ts'
import { bubblewrapArguments, type CommandShape, type InnerView, launchArguments } from './command-line.ts'
import type { Ground } from './ground.ts'
import { type Holder, layerScratch, PIPE_PAIRS, STAGE, startHolder } from './holder.ts'
import { shieldInherited } from './inherited-descriptors.ts'
import type { CgroupSet } from './limits/cgroups.ts'
import { openOutputPipes, type OutputPipes } from './output-pipes.ts'
import { cgroupName, claimSlot, thisOwner, writeRecord } from './owner.ts'
import { removeScratch } from './scratch.ts'
import { notStarted } from './not-started.ts'
import { requestDefect, viewDefect } from './request-defect.ts'
import { runCommand } from './run-command.ts'
import { ARGS_FD, type CommandLaunch, REPORT_FD, SECCOMP_FD } from './spawn-command.ts'
import { startCommand, stillborn } from './start-command.ts'

interface OpenParts {
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

const perform = async (parts: OpenParts, request: ExecRequest, signal: AbortSignal): Promise<ExecResult> => {
  const { launch, done } = await prepare(parts, request, signal)
  try {
    return await runCommand({ ...launch, stdin: request.stdin, output_bytes: request.output_bytes })
  } finally {
    await done()
  }
}

const begin = async (parts: OpenParts, request: StartRequest, signal: AbortSignal): Promise<SandboxProcess> => {
  const { launch, done } = await prepare(parts, request, signal)
  return startCommand(launch, done)
}

/** Whatever setup made is readable and writable for the uids of later sandboxes, and nothing in it is privileged. */
const openLayerToOthers = async (parts: OpenParts): Promise<void> => {
  const { writable } = parts.spec
  if (writable.kind !== 'setup_layer') return
  const mode = parts.ground.privilege === 'root' ? 'a+rwX,ug-s' : 'u+rwX,ug-s'
  const folders = ['tree', 'home'].map((name) => join(writable.path, name)).filter((folder) => existsSync(folder))
  // Nothing of the sandbox runs any more, and chmod does not follow links while it walks.
  await promisify(execFile)(parts.ground.programs.chmod, ['-R', mode, '--', ...folders]).catch(() => undefined)
}

const closeParts = async (parts: OpenParts): Promise<void> => {
  await parts.cgroups?.remove()
  await parts.holder.end()
  await openLayerToOthers(parts)
  for (const scratch of layerScratch(parts.spec)) removeScratch(scratch)
  rmSync(parts.folder, { recursive: true, force: true })
}

const assemble = (parts: OpenParts): Sandbox => {
  const { holder, spec, ground } = parts
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  let closed: Promise<void> | undefined
  const unavailable = (): GanderError =>
    new GanderError(
      'sandbox_unavailable',
      `Sandbox ${parts.id} is ${closed === undefined ? 'gone: its holder was ended' : 'closed'}.`,
      { retryable: true },
    )
  const requireOpen = (): void => {
    if (closed !== undefined || !holder.isAlive()) throw unavailable()
  }
  const eitherOf = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
  /** Closing waits for what runs. */
  const track = <Value>(act: Promise<Value>): Promise<Value> => {
    const settled = act.then(
      () => undefined,
      () => undefined,
    )
    running.add(settled)
    void settled.then(() => running.delete(settled))
    return act
  }
  const exec = async (request: ExecRequest, signal?: AbortSignal): Promise<ExecResult> => {
    requireOpen()
    const defect = requestDefect(request)
    return defect === undefined ? perform(parts, request, eitherOf(signal)) : notStarted(defect)
  }
  const start = async (request: StartRequest, signal?: AbortSignal): Promise<SandboxProcess> => {
    requireOpen()
    const defect = requestDefect(request)
    if (defect !== undefined) return stillborn(notStarted(defect))
    const started = await begin(parts, request, eitherOf(signal))
    void track(started.ended)
    return started
  }
  const tree = { path: holder.outside(`${STAGE}/merged`), uid: parts.uid, gid: parts.gid }
  const upper =
    spec.writable.kind === 'setup_layer' ? join(spec.writable.path, 'tree') : holder.outside(`${STAGE}/tree`)
  return {
    id: parts.id,
    fingerprint: ground.fingerprint,
    tree,
    capture: async () => {
      requireOpen()
      return { kind: 'overlay', upper, merged: tree.path }
    },
    exec: (request, signal) => track(exec(request, signal)),
    start: (request, signal) => track(start(request, signal)),
    close: () => {
      closed ??= (async () => {
        closing.abort()
        // A command that is just being started joins the ones that run.
        while (running.size > 0) await Promise.all(running)
        await closeParts(parts)
      })()
      return closed
    },
  }
}

const isBelow = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`)

/** Views that are not there already by the same path as part of a toolchain or of the system. */
const viewsOf = (ground: Ground, spec: SandboxSpec): readonly ReadOnlyView[] =>
  (spec.read_only ?? []).filter(
    ({ host, inner }) => host !== inner || !['/usr', ...ground.tools].some((root) => isBelow(host, root)),
  )

const requireViews = (views: readonly ReadOnlyView[]): void => {
  for (const view of views) {
    const defect = viewDefect(view) ?? (existsSync(view.host) ? undefined : `${view.host} is not there`)
    if (defect === undefined) continue
    throw new GanderError('sandbox_unavailable', `A folder or file cannot be shown in the sandbox: ${defect}.`, {
      remedy: 'Name an existing absolute path of the host and a place inside that is outside the workspace.',
    })
  }
}

/** Bound by root, because the command's uid may not reach them by itself; without root it is the same user's. */
const stagedRoots = (ground: Ground, views: readonly ReadOnlyView[]): readonly string[] =>
  ground.privilege === 'root'
    ? [
        ...new Set([
          ...ground.tools,
          ...(ground.node.startsWith('/usr/') ? [] : [ground.node]),
          ...views.map(({ host }) => host),
        ]),
      ]
    : []

interface ViewParts {
  readonly uid: number
  readonly gid: number
  readonly holder: Holder
  readonly cgroups: CgroupSet | undefined
  readonly staged: readonly string[]
  readonly views: readonly ReadOnlyView[]
}

const viewOf = (ground: Ground, spec: SandboxSpec, at: ViewParts): InnerView => {
  const from = (root: string): string => {
    const index = at.staged.indexOf(root)
    return index < 0 ? root : `${STAGE}/tools/${index}`
  }
  return {
    programs: ground.programs,
    privilege: ground.privilege,
    uid: at.uid,
    gid: at.gid,
    holder_pid: at.holder.pid,
    limits: spec.limits,
    path: ground.path,
    environment: ground.inner_environment,
    tools: [
      ...ground.tools.map((root) => ({ from: from(root), at: root })),
      ...at.views.map(({ host, inner }) => ({ from: from(host), at: inner })),
    ],
    bridge_node: from(ground.node),
    shown: ground.system.shown,
    cgroups: at.cgroups?.folders ?? [],
    limit_each_process: !ground.cgroups.resources.includes('memory') || !ground.cgroups.resources.includes('pids'),
    umask: spec.purpose === 'setup' ? '000' : '022',
  }
}

const requireLimits = (ground: Ground): void => {
  const missing = (['memory', 'pids'] as const).filter((resource) => !ground.cgroups.resources.includes(resource))
  if (ground.privilege === 'root' && missing.length > 0) {
    throw new GanderError(
      'sandbox_control_missing',
      `Control groups for ${missing.join(' and ')} cannot be used here.`,
      {
        remedy:
          'Mount /sys/fs/cgroup writable (in a container: --privileged or --cgroupns=private), or run as a user other than root.',
      },
    )
  }
}

/** Opens one sandbox. @throws GanderError `sandbox_unavailable`, `sandbox_control_missing`, `storage_full` */
export const openSandbox = async (ground: Ground, spec: SandboxSpec, run_uid_base: number): Promise<Sandbox> => {
  requireLimits(ground)
  const views = viewsOf(ground, spec)
  requireViews(views)
  const staged = stagedRoots(ground, views)
  const { slot, folder } = claimSlot(ground.home)
  const owner = thisOwner()
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const { uid, gid } = ground.privilege === 'root' ? { uid: run_uid_base + slot, gid: run_uid_base + slot } : own
  const id = `sandbox-${randomUUID()}`
  let cgroups: CgroupSet | undefined
  try {
    cgroups = ground.cgroups.version === 'none' ? undefined : ground.cgroups.make(cgroupName(owner, slot), spec.limits)
    const scratch = layerScratch(spec)
    writeRecord(folder, { owner, sandbox_id: id, run_id: spec.run_id, cgroups: cgroups?.folders ?? [], scratch })
    const plan = { spec, programs: ground.programs, privilege: ground.privilege, uid, gid, folder }
    const holder = await startHolder({ ...plan, system_folder: ground.system.path, tools: staged })
    const view = viewOf(ground, spec, { uid, gid, holder, cgroups, staged, views })
    const pipes = openOutputPipes(holder.outside(`${STAGE}/io`), PIPE_PAIRS)
    const shield = shieldInherited(REPORT_FD + 1)
    return assemble({ ground, spec, id, folder, uid, gid, holder, cgroups, view, pipes, shield })
  } catch (error) {
    await cgroups?.remove()
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}
