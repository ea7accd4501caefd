import type { SandboxLimits } from '#ports'
import type { Engine } from './engine.ts'

/** What a container is made from, beyond what is the same for all. */
export interface ContainerShape {
  readonly name: string
  readonly image: string
  readonly seccomp_path: string
  readonly uid: number
  readonly limits: SandboxLimits
  /** Bytes and inodes that the checkout, a setup layer and views take; they come on top of the writable layer's size. */
  readonly copied: { readonly bytes: number; readonly inodes: number }
  /** No more than this process may have: an engine that asks for its own default may be refused. */
  readonly ceilings: { readonly [resource: string]: number }
  readonly labels: { readonly [name: string]: string }
  /** Folders inside that read-only views are copied into, with the bytes they take. */
  readonly view_folders: readonly { readonly path: string; readonly bytes: number }[]
}

export const INNER_HOME = '/home/agent'
const SHARED_MEMORY_BYTES = 256 * 1024 ** 2
const PAGE = 4096

/**
 * Process 1 ignores the end of its children, so that the kernel buries what a command orphaned: one that nobody collects
 * counts against the limit of processes for ever. A shell cannot ignore it for the program that it becomes (dash and
 * busybox put it back), coreutils' `env` can; where the image has another `env`, a shell collects. Process 1 is told no
 * variable, and nothing inside can end it: it is first in its namespace.
 */
const FIRST_PROCESS = [
  '-i',
  'sh',
  '-c',
  `env --ignore-signal=CHLD true 2>/dev/null && exec env -i --ignore-signal=CHLD sleep 2147483647
while :; do sleep 2147483647 & wait; done`,
]

/** Size and inode count of the two folders that commands write to. */
export const treeOptions = (shape: ContainerShape): string =>
  `size=${shape.limits.upper_bytes + shape.copied.bytes},nr_inodes=${shape.limits.upper_inodes + shape.copied.inodes}`

const labelFlags = (shape: ContainerShape): readonly string[] =>
  Object.entries(shape.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`])

const writableFlags = (engine: Engine, shape: ContainerShape): readonly string[] => {
  const temporary = Math.min(shape.limits.memory_bytes, shape.limits.upper_bytes)
  const extra = engine.tmpfs_options ? '' : ',notmpcopyup'
  const tree = engine.tmpfs_options
    ? treeOptions(shape)
    : `size=${shape.limits.upper_bytes + shape.copied.bytes}${extra}`
  const places = ['/workspace', INNER_HOME].flatMap((path) => [
    '--tmpfs',
    `${path}:rw,exec,nosuid,nodev,mode=0755,${tree}`,
  ])
  return [
    ...places,
    '--tmpfs',
    `/tmp:rw,exec,nosuid,nodev,size=${temporary},mode=1777${extra}`,
    // In place of the engine's own mount: the control groups of the machine are nobody's inside.
    '--tmpfs',
    `/sys/fs/cgroup:ro,nosuid,nodev,noexec,size=4096,mode=0555${extra}`,
    '--shm-size',
    String(Math.min(SHARED_MEMORY_BYTES, shape.limits.memory_bytes)),
    // Root's and nobody else's to write: what is copied in stays as it is.
    ...shape.view_folders.flatMap(({ path, bytes }) => [
      '--tmpfs',
      `${path}:rw,exec,nosuid,nodev,size=${bytes + 64 * PAGE},mode=0755${extra}`,
    ]),
  ]
}

/** Arguments of `run` for one hardened container that waits for commands. */
export const runFlags = (engine: Engine, shape: ContainerShape): readonly string[] => [
  'run',
  '--detach',
  '--pull',
  'never',
  '--name',
  shape.name,
  '--hostname',
  'gander',
  ...labelFlags(shape),
  '--network',
  'none',
  '--ipc',
  'private',
  '--read-only',
  '--cap-drop',
  'ALL',
  '--log-driver',
  'none',
  '--security-opt',
  'no-new-privileges',
  '--security-opt',
  `seccomp=${shape.seccomp_path}`,
  '--user',
  `${shape.uid}:${shape.uid}`,
  '--workdir',
  '/',
  '--ulimit',
  'core=0',
  ...Object.entries(shape.ceilings).flatMap(([name, most]) => ['--ulimit', `${name}=${most}:${most}`]),
  '--memory',
  String(shape.limits.memory_bytes),
  '--memory-swap',
  String(shape.limits.memory_bytes),
  '--cpus',
  String(shape.limits.cpus),
  '--pids-limit',
  String(shape.limits.pids),
  ...writableFlags(engine, shape),
  ...engine.run_flags,
  '--entrypoint',
  'env',
  '--',
  shape.image,
  ...FIRST_PROCESS,
]
