/**
 * What stands between a hostile command and the host: the host's own kernel, a kernel in user space (gVisor), or a
 * kernel of its own (a virtual machine). Ordered from weakest to strongest.
 */
export const ISOLATION_CLASSES = ['shared_kernel', 'user_kernel', 'own_kernel'] as const
export type IsolationClass = (typeof ISOLATION_CLASSES)[number]

/** True when one class is as strong as the other, or stronger. */
export const isAtLeast = (one: IsolationClass, other: IsolationClass): boolean =>
  ISOLATION_CLASSES.indexOf(one) >= ISOLATION_CLASSES.indexOf(other)

/** Lists of globs; a path is meant when each list has a glob that covers it. An empty list covers nothing. */
export type PathGroups = readonly (readonly string[])[]

/** What a run's sandboxes may do. A figure of 0 means none, an empty list means nothing. */
export interface SandboxProfile {
  readonly id: string
  /** Hash of everything else. */
  readonly version: string
  readonly requires: {
    readonly isolation: IsolationClass
    /** Names of controls that must hold besides those that every sandbox needs. */
    readonly controls: readonly string[]
  }
  readonly filesystem: {
    /** Repository paths that a run may change. */
    readonly writable_paths: PathGroups
    /** Repository paths that it may not change, whatever else allows it. */
    readonly read_only_paths: readonly string[]
  }
  readonly network: {
    /** Hosts open to setups besides those of the machine's registries and the lockfiles. */
    readonly allowlist: readonly string[]
    /** True: a person may be asked to open another public host. */
    readonly ask: boolean
  }
  /** No secret enters a sandbox. */
  readonly secrets: readonly never[]
  readonly resources: {
    readonly cpus: number
    readonly memory_bytes: number
    readonly pids: number
    /** Size of the writable layer. */
    readonly upper_bytes: number
    readonly command_minutes: number
    readonly run_minutes: number
  }
  readonly packages: {
    readonly allow_download: boolean
    /** True: what an earlier setup of the same lockfiles installed may be used again. */
    readonly use_locked_cache: boolean
    readonly install_scripts: boolean
    readonly budget: { readonly requests: number; readonly bytes: number; readonly misses: number }
  }
  /** Files of the verified tree that are kept as artifacts of the run. */
  readonly artifact_export: PathGroups
}

export type UnversionedProfile = Omit<SandboxProfile, 'version'>

/** Everything that decides, without the hash over it. */
export function unversioned(profile: SandboxProfile): UnversionedProfile {
  const { version: _, ...rest } = profile
  return rest
}

const GIB = 1024 ** 3

/** What holds where nobody said otherwise. */
export const DEFAULT_SANDBOX_PROFILE: UnversionedProfile = {
  id: 'default',
  requires: { isolation: 'shared_kernel', controls: [] },
  filesystem: { writable_paths: [['**']], read_only_paths: [] },
  network: { allowlist: [], ask: true },
  secrets: [],
  resources: {
    cpus: 2,
    memory_bytes: 4 * GIB,
    pids: 256,
    upper_bytes: 1.5 * GIB,
    command_minutes: 60,
    run_minutes: 24 * 60,
  },
  packages: {
    allow_download: true,
    use_locked_cache: true,
    install_scripts: false,
    budget: { requests: 20_000, bytes: 4 * GIB, misses: 200 },
  },
  artifact_export: [],
}
