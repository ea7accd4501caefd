import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GanderError } from '#domain/failure'
import type { ExecRequest, ExecResult, ReadOnlyView, Sandbox, SandboxProcess, SandboxSpec, StartRequest } from '#ports'
import type { InnerView } from './command-line.ts'
import type { Ground } from './ground.ts'
import { type Holder, layerScratch, PIPE_PAIRS, STAGE, startHolder } from './holder.ts'
import { shieldInherited } from './inherited-descriptors.ts'
import type { CgroupSet } from './limits/cgroups.ts'
import { notStarted, stillborn } from '../fence/not-started.ts'
import { openOutputPipes } from './output-pipes.ts'
import { cgroupName, thisOwner } from '../fence/owner.ts'
import { claimSlot, writeRecord } from './slots.ts'
import { type OpenParts, runRequest, startRequest } from './perform-request.ts'
import { requestDefect } from '../fence/request-defect.ts'
import { removeScratch } from './scratch.ts'
import { REPORT_FD } from './spawn-command.ts'
import { requireViews, viewsOf } from './view/read-only-views.ts'

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

/** Counts what runs, so that closing can wait for it. */
const createTracker = () => {
  const running = new Set<Promise<unknown>>()
  return {
    track: <Value>(act: Promise<Value>): Promise<Value> => {
      const settled = act.then(
        () => undefined,
        () => undefined,
      )
      running.add(settled)
      void settled.then(() => running.delete(settled))
      return act
    },
    // A command that is just being started joins the ones that run.
    idle: async (): Promise<void> => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

const placesOf = ({ holder, spec, uid, gid }: OpenParts) => ({
  tree: { path: holder.outside(`${STAGE}/merged`), uid, gid },
  upper: spec.writable.kind === 'setup_layer' ? join(spec.writable.path, 'tree') : holder.outside(`${STAGE}/tree`),
})

const assemble = (parts: OpenParts): Sandbox => {
  const closing = new AbortController()
  const { track, idle } = createTracker()
  let closed: Promise<void> | undefined
  const requireOpen = (): void => {
    if (closed === undefined && parts.holder.isAlive()) return
    const state = closed === undefined ? 'gone: its holder was ended' : 'closed'
    throw new GanderError('sandbox_unavailable', `Sandbox ${parts.id} is ${state}.`, { retryable: true })
  }
  const eitherOf = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
  const exec = async (request: ExecRequest, signal?: AbortSignal): Promise<ExecResult> => {
    requireOpen()
    const defect = requestDefect(request)
    return defect === undefined ? runRequest(parts, request, eitherOf(signal)) : notStarted(defect)
  }
  const start = async (request: StartRequest, signal?: AbortSignal): Promise<SandboxProcess> => {
    requireOpen()
    const defect = requestDefect(request)
    if (defect !== undefined) return stillborn(notStarted(defect))
    const started = await startRequest(parts, request, eitherOf(signal))
    void track(started.ended)
    return started
  }
  const { tree, upper } = placesOf(parts)
  return {
    id: parts.id,
    fingerprint: parts.ground.fingerprint,
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
        await idle()
        await closeParts(parts)
      })()
      return closed
    },
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
  const views = viewsOf(ground.tools, spec)
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
