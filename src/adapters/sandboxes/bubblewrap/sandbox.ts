import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GanderError } from '#domain/failure'
import type { ExecRequest, ExecResult, Sandbox, SandboxSpec } from '#ports'
import { bubblewrapArguments, type CommandShape, type InnerView, launchArguments } from './command-line.ts'
import { BRIDGE_NODE, BRIDGE_SOCKET, behindBridge } from './egress/bridge-program.ts'
import { openRegistryDoor } from './egress/registry-door.ts'
import { setupEnvironment } from './egress/setup-environment.ts'
import type { Ground } from './ground.ts'
import { type Holder, layerScratch, PIPE_PAIRS, STAGE, startHolder } from './holder.ts'
import { shieldInherited } from './inherited-descriptors.ts'
import type { CgroupSet } from './limits/cgroups.ts'
import { openOutputPipes, type OutputPipes } from './output-pipes.ts'
import { cgroupName, claimSlot, thisOwner, writeRecord } from './owner.ts'
import { removeScratch } from './scratch.ts'
import { ARGS_FD, notStarted, REPORT_FD, runCommand, SECCOMP_FD } from './run-command.ts'

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

const NUL = '\0'

/** A NUL would end an argument early and let the rest pass as an option of bubblewrap. */
const requestDefect = (request: ExecRequest): string | undefined => {
  if (request.argv.length === 0 || request.argv[0] === '') return 'the command is empty'
  const texts = [...request.argv, request.cwd ?? '', ...Object.entries(request.env ?? {}).flat()]
  if (texts.some((text) => text.includes(NUL))) return 'an argument holds a NUL character'
  const name = Object.keys(request.env ?? {}).find((name) => name === '' || name.includes('='))
  if (name !== undefined) return `${JSON.stringify(name)} is no name of a variable`
  return request.cwd?.startsWith('/') === true || request.cwd?.split('/').includes('..') === true
    ? 'the folder must be relative to the workspace and stay in it'
    : undefined
}

const run = (parts: OpenParts, request: ExecRequest, shape: CommandShape, signal: AbortSignal): Promise<ExecResult> =>
  runCommand({
    shell: parts.ground.programs.sh,
    launch: launchArguments(parts.view, shape.argv, ARGS_FD),
    bubblewrap: bubblewrapArguments(parts.view, shape, { seccomp: SECCOMP_FD, report: REPORT_FD }),
    seccomp: parts.ground.seccomp,
    pipes: parts.pipes,
    shield: parts.shield,
    wrapped: parts.view.limit_each_process || request.network.kind === 'registry',
    stdin: request.stdin,
    timeout_ms: request.timeout_ms,
    output_bytes: request.output_bytes,
    signal,
    outOfMemoryKills: () => parts.cgroups?.outOfMemoryKills() ?? 0,
  })

let doors = 0

const runBehindDoor = async (
  parts: OpenParts,
  request: ExecRequest,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<ExecResult> => {
  doors += 1
  const socket = `${STAGE}/io/door-${doors}`
  const { ground } = parts
  const door = await openRegistryDoor(parts.holder.outside(socket), hosts, ground.registries.own, ground.environment)
  try {
    const result = await run(
      parts,
      request,
      {
        argv: behindBridge(request.argv),
        cwd: request.cwd ?? '',
        env: {
          ...setupEnvironment(ground.registries, ground.has_certificates, ground.java_trust_store),
          ...request.env,
        },
        binds: [
          { from: parts.view.bridge_node, at: BRIDGE_NODE },
          { from: socket, at: BRIDGE_SOCKET },
        ],
      },
      signal,
    )
    return { ...result, refused_hosts: door.refusedHosts() }
  } finally {
    await door.close()
  }
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

/** Runs one request, with the way out it asks for where that is legal. */
const perform = (parts: OpenParts, request: ExecRequest, signal: AbortSignal): Promise<ExecResult> => {
  const { network } = request
  if (network.kind === 'none') {
    const shape = { argv: request.argv, cwd: request.cwd ?? '', env: request.env ?? {}, binds: [] }
    return run(parts, request, shape, signal)
  }
  if (parts.spec.purpose === 'setup') return runBehindDoor(parts, request, network.hosts, signal)
  const what = `A ${parts.spec.purpose} sandbox has no way out; only setup has one.`
  throw new GanderError('sandbox_control_missing', what, {
    remedy: 'Install what the command needs in the setup phase of the verification profile.',
  })
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
  const exec = async (request: ExecRequest, signal?: AbortSignal): Promise<ExecResult> => {
    if (closed !== undefined || !holder.isAlive()) throw unavailable()
    const defect = requestDefect(request)
    if (defect !== undefined) return notStarted(defect)
    const either = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
    return perform(parts, request, either)
  }
  return {
    id: parts.id,
    fingerprint: ground.fingerprint,
    tree: { path: holder.outside(`${STAGE}/merged`), uid: parts.uid, gid: parts.gid },
    upper: spec.writable.kind === 'setup_layer' ? join(spec.writable.path, 'tree') : holder.outside(`${STAGE}/tree`),
    exec: (request, signal) => {
      const result = exec(request, signal)
      const settled = result.then(
        () => undefined,
        () => undefined,
      )
      running.add(settled)
      void settled.then(() => running.delete(settled))
      return result
    },
    close: () => {
      closed ??= (async () => {
        closing.abort()
        await Promise.all(running)
        await closeParts(parts)
      })()
      return closed
    },
  }
}

const stagedTools = (ground: Ground): readonly string[] =>
  ground.privilege === 'root'
    ? [...new Set([...ground.tools, ...(ground.node.startsWith('/usr/') ? [] : [ground.node])])]
    : []

const viewOf = (
  ground: Ground,
  spec: SandboxSpec,
  at: { uid: number; gid: number; holder: Holder; cgroups: CgroupSet | undefined },
): InnerView => {
  const staged = stagedTools(ground)
  const from = (root: string): string => {
    const index = staged.indexOf(root)
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
    tools: ground.tools.map((root) => ({ from: from(root), at: root })),
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
    const holder = await startHolder({ ...plan, system_folder: ground.system.path, tools: stagedTools(ground) })
    const view = viewOf(ground, spec, { uid, gid, holder, cgroups })
    const pipes = openOutputPipes(holder.outside(`${STAGE}/io`), PIPE_PAIRS)
    const shield = shieldInherited(REPORT_FD + 1)
    return assemble({ ground, spec, id, folder, uid, gid, holder, cgroups, view, pipes, shield })
  } catch (error) {
    await cgroups?.remove()
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}
