/** One control of a sandbox and whether an attack on it was contained. */
export interface ControlProbe {
  readonly control: string
  readonly held: boolean
  /** What was tried and seen. */
  readonly detail: string
  /** What a person can do when it is not held. */
  readonly remedy?: string
  /** A run is refused when a required control is not held. */
  readonly required: boolean
}

export interface SandboxProbe {
  readonly driver: string
  readonly available: boolean
  /** Why the driver cannot be used at all. */
  readonly reason?: string
  readonly remedy?: string
  readonly privilege: 'root' | 'rootless'
  readonly controls: readonly ControlProbe[]
}

export interface SandboxLimits {
  readonly memory_bytes: number
  readonly cpus: number
  readonly pids: number
  /** Size of the writable layer when it is in memory. */
  readonly upper_bytes: number
  readonly upper_inodes: number
}

export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = {
  memory_bytes: 4 * 1024 ** 3,
  cpus: 2,
  pids: 256,
  upper_bytes: 1.5 * 1024 ** 3,
  upper_inodes: 200_000,
}

/** A named folder pair on the host that setup leaves behind and later sandboxes see read-only below their own layer. */
export interface SetupLayer {
  /** Absolute host folder with `tree/` (over /workspace) and `home/` (over /home/agent). */
  readonly path: string
}

export interface SandboxSpec {
  readonly run_id: string
  readonly purpose: 'setup' | 'work' | 'verify'
  /** Absolute host folder with the checkout: the lowest, read-only layer of /workspace. */
  readonly checkout: string
  /** A finished setup layer to put over the checkout; null where there was no setup. */
  readonly setup_layer: SetupLayer | null
  /** Where the writable layer goes: in memory (gone with the sandbox), or into a folder that becomes a setup layer. */
  readonly writable: { readonly kind: 'memory' } | { readonly kind: 'setup_layer'; readonly path: string }
  readonly limits: SandboxLimits
}

export interface ExecRequest {
  /** Executed as it is, no shell. argv[0] is looked up on the sandbox's PATH. */
  readonly argv: readonly string[]
  /** Relative to /workspace; absent means /workspace. */
  readonly cwd?: string
  /** Added to the sandbox's own small environment (PATH, HOME, LANG, TMPDIR). */
  readonly env?: { readonly [name: string]: string }
  readonly timeout_ms: number
  /** Bytes of output kept in all (head and tail); the rest is counted and dropped. */
  readonly output_bytes: number
  /** `registry` opens the bridge to the setup proxy for these hosts on port 443; only legal when purpose is `setup`. */
  readonly network: { readonly kind: 'none' } | { readonly kind: 'registry'; readonly hosts: readonly string[] }
  readonly stdin?: string
}

export interface ExecResult {
  /** Null when the command was ended by a signal or by a limit. */
  readonly exit_code: number | null
  readonly signal: string | null
  readonly ended_by: 'exit' | 'timeout' | 'out_of_memory' | 'aborted'
  /** Control sequences stripped, invalid UTF-8 replaced, NOT yet redacted. */
  readonly stdout: string
  readonly stderr: string
  readonly truncated_bytes: number
  readonly duration_ms: number
  /** Hosts that a setup command asked for and was refused. */
  readonly refused_hosts: readonly string[]
}

/** One isolated place to run commands over one tree. Every command is a fresh process tree; none survives its command. */
export interface Sandbox {
  readonly id: string
  /** Identity of root file system, toolchains and driver version: one of the twelve versions. */
  readonly fingerprint: string
  /**
   * Absolute path through which the platform (never an agent) reads and writes the merged tree,
   * and the uid and gid that files written there must get.
   */
  readonly tree: { readonly path: string; readonly uid: number; readonly gid: number }
  /** Absolute path of the writable layer over /workspace: exactly what changed, as overlayfs keeps it. */
  readonly upper: string
  /** Runs one command. Never throws for what the command does. @throws GanderError `sandbox_unavailable` */
  exec(request: ExecRequest, signal?: AbortSignal): Promise<ExecResult>
  /** Ends everything in it and removes its mounts, cgroups and folders; idempotent. */
  close(): Promise<void>
}

/** Makes sandboxes. Absent controls are reported, never silently given up. */
export interface SandboxDriver {
  readonly name: string
  /** Attacks each control once and tells which hold. */
  probe(): Promise<SandboxProbe>
  /** @throws GanderError `sandbox_unavailable`, `sandbox_control_missing`, `storage_full` */
  open(spec: SandboxSpec): Promise<Sandbox>
  /** Removes what crashed workers left behind (mounts, cgroups, folders). Returns how many. */
  sweep(): Promise<number>
}
