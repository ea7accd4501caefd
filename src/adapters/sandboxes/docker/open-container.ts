import { randomBytes, randomInt } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { ReadOnlyView, SandboxSpec } from '#ports'
import { thisOwner } from '../fence/owner.ts'
import { viewDefect } from '../fence/request-defect.ts'
import { type Container, containerCgroups } from './container.ts'
import { type ContainerShape, INNER_HOME, runFlags, treeOptions } from './container-flags.ts'
import { callEngine, type Engine, tryEngine } from './engine.ts'
import { copyIn, giveTo, layOver, mountAgain, sizeOfTree, type TreeSize, viewFolder } from './populate.ts'

/** Everything that is the same for all containers of a driver. */
export interface Ground {
  readonly home: string
  readonly engine: Engine
  readonly image: string
  readonly seccomp_path: string
  readonly fingerprint: string
  /** Tells this home's containers from those of others on the same engine. */
  readonly home_id: string
}

/** Labels that a sweep reads. */
export const HOME_LABEL = 'dev.gander.home'
export const OWNER_LABEL = 'dev.gander.owner'

/** Above every range that systemd, containers and directories hand out, and beside bubblewrap's. */
const RUN_UID_BASE = 1_910_000_000
const RUN_UIDS = 1 << 20

const add = (left: TreeSize, right: TreeSize): TreeSize => ({
  bytes: left.bytes + right.bytes,
  inodes: left.inodes + right.inodes,
})

const copiedSize = (spec: SandboxSpec): TreeSize => {
  const checkout = sizeOfTree(spec.checkout)
  return spec.setup_layer === null ? checkout : add(checkout, sizeOfTree(spec.setup_layer.path))
}

const requireViews = (views: readonly ReadOnlyView[]): void => {
  for (const view of views) {
    const defect = viewDefect(view) ?? (existsSync(view.host) ? undefined : `${view.host} is not there`)
    if (defect !== undefined)
      throw new GanderError('sandbox_unavailable', `A folder or file cannot be shown in the sandbox: ${defect}.`, {
        remedy: 'Name an existing absolute path of the host and a place inside that is outside the workspace.',
      })
  }
}

const requireCheckout = (spec: SandboxSpec): void => {
  if (!existsSync(spec.checkout))
    throw new GanderError('sandbox_unavailable', `The checkout ${spec.checkout} is not there.`, {
      remedy: 'Start the run again; its checkout was removed.',
    })
}

const viewFolders = (views: readonly ReadOnlyView[]): ContainerShape['view_folders'] => {
  const sizes = new Map<string, number>()
  for (const view of views) {
    const folder = viewFolder(view)
    sizes.set(folder, (sizes.get(folder) ?? 0) + sizeOfTree(view.host).bytes)
  }
  return [...sizes].map(([path, bytes]) => ({ path, bytes }))
}

/** Files and processes that one user may have; the container's own limit of processes is far lower. */
const CEILINGS = { nofile: ['Max open files', 65_536], nproc: ['Max processes', 4096] } as const

const ceilings = (): { readonly [resource: string]: number } => {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const most = (label: string, wanted: number): number => {
    const hard = new RegExp(`^${label}\\s+\\S+\\s+(\\d+)`, 'm').exec(limits)?.[1]
    return Math.min(wanted, hard === undefined ? wanted : Number(hard))
  }
  return Object.fromEntries(Object.entries(CEILINGS).map(([name, [label, wanted]]) => [name, most(label, wanted)]))
}

const shapeOf = (ground: Ground, spec: SandboxSpec): ContainerShape => ({
  name: `gander-${randomBytes(8).toString('hex')}`,
  image: ground.image,
  seccomp_path: ground.seccomp_path,
  uid: RUN_UID_BASE + randomInt(RUN_UIDS),
  limits: spec.limits,
  copied: copiedSize(spec),
  ceilings: ceilings(),
  labels: {
    [HOME_LABEL]: ground.home_id,
    // Podman reads a label as a row of comma-separated values, which quotation marks break.
    [OWNER_LABEL]: Buffer.from(JSON.stringify(thisOwner())).toString('base64url'),
    'dev.gander.run': spec.run_id,
    'dev.gander.purpose': spec.purpose,
  },
  view_folders: viewFolders(spec.read_only ?? []),
})

const find = async (engine: Engine, shape: ContainerShape, id: string): Promise<Container> => {
  const first_pid = Number(await callEngine(engine, ['inspect', '--format', '{{.State.Pid}}', '--', id]))
  const cgroups = first_pid > 0 ? containerCgroups(readFileSync(`/proc/${first_pid}/cgroup`, 'utf8')) : undefined
  if (cgroups === undefined || !existsSync(cgroups.processes))
    throw new GanderError(
      'sandbox_unavailable',
      `The processes of a ${engine.name} container are not those of this machine.`,
      {
        remedy: 'Use an engine that runs on this machine itself, not in a virtual machine or on another host.',
      },
    )
  return { engine, id, name: shape.name, uid: shape.uid, first_pid, root: `/proc/${first_pid}/root`, cgroups }
}

/** `mount` itself enters the namespace, so that nothing of the image is run. */
const limitInodes = async (container: Container, shape: ContainerShape): Promise<void> => {
  for (const path of ['/workspace', INNER_HOME]) await mountAgain(container.first_pid, treeOptions(shape), path)
}

const populate = async (container: Container, spec: SandboxSpec): Promise<void> => {
  const [tree, home] = [join(container.root, 'workspace'), join(container.root, INNER_HOME)]
  await copyIn(spec.checkout, tree)
  if (spec.setup_layer !== null) {
    await layOver(join(spec.setup_layer.path, 'tree'), tree)
    await layOver(join(spec.setup_layer.path, 'home'), home)
  }
  await giveTo(container.uid, tree)
  await giveTo(container.uid, home)
  for (const folder of [tree, home]) chmodSync(folder, 0o755)
  for (const view of spec.read_only ?? []) {
    const target = join(container.root, view.inner)
    mkdirSync(join(target, '..'), { recursive: true })
    await copyIn(view.host, target)
  }
}

/** Removes a container and what runs in it; one that is gone already is fine. */
export const removeContainer = async (engine: Engine, name: string): Promise<void> => {
  const argv = ['rm', '--force', '--volumes', ...engine.remove_flags, '--', name]
  const answer = await tryEngine(engine, argv)
  if (answer.code !== 0 && !/no such container|no container with/i.test(answer.stderr)) await callEngine(engine, argv)
}

/** Starts a hardened container with the checkout in it. @throws GanderError `sandbox_unavailable`, `storage_full` */
export const openContainer = async (ground: Ground, spec: SandboxSpec): Promise<Container> => {
  requireCheckout(spec)
  requireViews(spec.read_only ?? [])
  const { engine } = ground
  const shape = shapeOf(ground, spec)
  try {
    const id = (await callEngine(engine, runFlags(engine, shape))).split('\n').at(-1) ?? ''
    const container = await find(engine, shape, id)
    if (!engine.tmpfs_options) await limitInodes(container, shape)
    await populate(container, spec)
    return container
  } catch (error) {
    await removeContainer(engine, shape.name).catch(() => undefined)
    throw error
  }
}
