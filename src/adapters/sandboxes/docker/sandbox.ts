import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join, posix } from 'node:path'
import { GanderError } from '#domain/failure'
import type { ExecRequest, Sandbox, SandboxCapture, SandboxSpec, StartRequest } from '#ports'
import { notStarted, stillborn } from '../fence/not-started.ts'
import { requestDefect } from '../fence/request-defect.ts'
import type { Command } from './admit-command.ts'
import type { Container } from './container.ts'
import { INNER_HOME } from './container-flags.ts'
import { claimFolder } from './container-folder.ts'
import { copyOut } from './copy-out.ts'
import { type Doors, doorsOf } from './doors.ts'
import { type Ground, openContainer, removeContainer } from './open-container.ts'
import type { CopyLimits } from './plain-copy.ts'
import { keepDifference, sizeOfTree } from './populate.ts'
import { readTree } from './read-tree.ts'
import { converse, runCommand } from './run-command.ts'

const INNER_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const CAPTURED_FILE_BYTES = 100 * 1024 ** 2
const LAYER_FILE_BYTES = 512 * 1024 ** 2

const WITH_DOORS: readonly SandboxSpec['purpose'][] = ['setup', 'guest']

interface Parts {
  readonly ground: Ground
  readonly spec: SandboxSpec
  readonly container: Container
  readonly doors: Doors
  /** Absolute host folder of this sandbox. */
  readonly folder: string
}

const commandOf = (request: StartRequest, signal: AbortSignal): Command => ({
  argv: request.argv,
  folder: posix.join('/workspace', request.cwd ?? ''),
  environment: {
    PATH: INNER_PATH,
    HOME: INNER_HOME,
    LANG: 'C.UTF-8',
    TMPDIR: '/tmp',
    USER: 'agent',
    ...request.env,
  },
  timeout_ms: request.timeout_ms,
  signal,
})

const copyLimits = (spec: SandboxSpec, file_bytes: number): CopyLimits => {
  const base = sizeOfTree(spec.checkout)
  const layer = spec.setup_layer === null ? { bytes: 0, inodes: 0 } : sizeOfTree(spec.setup_layer.path)
  return {
    entries: spec.limits.upper_inodes + base.inodes + layer.inodes,
    bytes: spec.limits.upper_bytes + base.bytes + layer.bytes,
    file_bytes,
  }
}

/** A setup layer holds what differs from the checkout, an earlier layer's part included, and the whole home. */
const keepLayer = async ({ container, spec }: Parts): Promise<void> => {
  if (spec.writable.kind !== 'setup_layer') return
  const { path } = spec.writable
  const limits = copyLimits(spec, LAYER_FILE_BYTES)
  await copyOut(container, '/workspace', join(path, 'tree'), limits)
  await copyOut(container, INNER_HOME, join(path, 'home'), limits)
  await keepDifference(join(path, 'tree'), spec.checkout)
}

/** Runs and starts commands with the doors they ask for. */
const commandsOf = (
  { container, spec, doors }: Parts,
  closing: AbortSignal,
  life: { readonly requireOpen: () => void; readonly track: <Value>(act: Promise<Value>) => Promise<Value> },
) => {
  const prepare = async (request: StartRequest, signal: AbortSignal | undefined) => {
    const { network } = request
    if (network.kind === 'doors' && !WITH_DOORS.includes(spec.purpose))
      throw new GanderError('sandbox_control_missing', `A sandbox for ${spec.purpose} has no way out.`, {
        remedy: 'Fetch what the command needs during setup.',
      })
    const close = network.kind === 'doors' ? await doors.open(network.doors) : () => undefined
    const either = signal === undefined ? closing : AbortSignal.any([closing, signal])
    return { command: commandOf(request, either), close }
  }
  const exec = async (request: ExecRequest, signal?: AbortSignal) => {
    life.requireOpen()
    const defect = requestDefect(request)
    if (defect !== undefined) return notStarted(defect)
    const { command, close } = await prepare(request, signal)
    try {
      return await runCommand(container, command, request)
    } finally {
      close()
    }
  }
  const start = async (request: StartRequest, signal?: AbortSignal) => {
    life.requireOpen()
    const defect = requestDefect(request)
    if (defect !== undefined) return stillborn(notStarted(defect))
    const { command, close } = await prepare(request, signal)
    try {
      const process = await converse(container, command)
      void life.track(process.ended).then(close)
      return process
    } catch (error) {
      close()
      throw error
    }
  }
  return { exec, start }
}

const assemble = (parts: Parts): Sandbox => {
  const { container, spec, doors } = parts
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  const limits = copyLimits(spec, CAPTURED_FILE_BYTES)
  let capturing: Promise<unknown> = Promise.resolve()
  let closed: Promise<void> | undefined
  const tree = { path: join(container.root, 'workspace'), uid: container.uid, gid: container.uid }
  const requireOpen = (): void => {
    if (closed === undefined && existsSync(tree.path)) return
    const why = closed === undefined ? 'gone: its container ended' : 'closed'
    throw new GanderError('sandbox_unavailable', `Sandbox ${container.name} is ${why}.`, { retryable: true })
  }
  const track = <Value>(act: Promise<Value>): Promise<Value> => {
    const settled = act.then(
      () => undefined,
      () => undefined,
    )
    running.add(settled)
    void settled.then(() => running.delete(settled))
    return act
  }
  const { exec, start } = commandsOf(parts, closing.signal, { requireOpen, track })
  const capture = async (): Promise<SandboxCapture> => {
    requireOpen()
    const folder = join(parts.folder, 'capture')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const refused = await readTree(tree.path, folder, limits)
    return { kind: 'whole', folder, refused }
  }
  const end = async (): Promise<void> => {
    closing.abort()
    while (running.size > 0) await Promise.all(running)
    doors.closeAll()
    try {
      if (existsSync(tree.path)) await keepLayer(parts)
    } finally {
      await removeContainer(container.engine, container.name)
      rmSync(parts.folder, { recursive: true, force: true })
    }
  }
  return {
    id: container.name,
    fingerprint: parts.ground.fingerprint,
    tree,
    // One after the other: they fill the same folder.
    capture: () => {
      const next = capturing.then(capture, capture)
      capturing = next.catch(() => undefined)
      return track(next)
    },
    exec: (request, signal) => track(exec(request, signal)),
    start: (request, signal) => track(start(request, signal)),
    close: () => (closed ??= end()),
  }
}

/** Opens one sandbox. @throws GanderError `sandbox_unavailable`, `storage_full` */
export const openSandbox = async (ground: Ground, spec: SandboxSpec): Promise<Sandbox> => {
  const container = await openContainer(ground, spec)
  try {
    const folder = claimFolder(ground.home, container)
    if (spec.writable.kind === 'setup_layer')
      for (const part of ['tree', 'home']) mkdirSync(join(spec.writable.path, part), { recursive: true })
    return assemble({ ground, spec, container, doors: doorsOf(container), folder })
  } catch (error) {
    await removeContainer(container.engine, container.name)
    throw error
  }
}
