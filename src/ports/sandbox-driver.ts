import type { IsolationClass } from '#domain/sandbox'

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
  readonly isolation: IsolationClass
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

/** A host folder or file that a sandbox shows read-only, such as an agent's program or a certificate bundle. */
export interface ReadOnlyView {
  /** Absolute, on the host. */
  readonly host: string
  /** Absolute, inside. */
  readonly inner: string
}

export interface SandboxSpec {
  readonly run_id: string
  /** `guest` holds a foreign agent's program, `tool_server` a foreign tool server; each is one long sandbox. */
  readonly purpose: 'setup' | 'work' | 'verify' | 'guest' | 'tool_server'
  /** Absolute host folder with the checkout: the lowest, read-only layer of /workspace. */
  readonly checkout: string
  /** A finished setup layer to put over the checkout; null where there was no setup. */
  readonly setup_layer: SetupLayer | null
  /** Where the writable layer goes: in memory (gone with the sandbox), or into a folder that becomes a setup layer. */
  readonly writable: { readonly kind: 'memory' } | { readonly kind: 'setup_layer'; readonly path: string }
  readonly limits: SandboxLimits
  /** Shown besides the machine's toolchains; a driver without host mounts copies them in. */
  readonly read_only?: readonly ReadOnlyView[]
}

/**
 * A way out: a unix socket on the host that a command reaches at a port of its own loopback. There is no other. What
 * listens at the socket decides what goes through; it sees one connection for each that the command opens.
 */
export interface SandboxDoor {
  /** Absolute path of a listening unix socket on the host. */
  readonly socket: string
  readonly port: number
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
  /** `doors` is only legal when purpose is `setup` or `guest`. */
  readonly network: SandboxNetwork
  readonly stdin?: string
}

export type SandboxNetwork =
  | { readonly kind: 'none' }
  | { readonly kind: 'doors'; readonly doors: readonly SandboxDoor[] }

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
}

/** A command that is spoken with while it runs. */
export type StartRequest = Omit<ExecRequest, 'stdin' | 'output_bytes'>

export type ProcessEnd = Pick<ExecResult, 'exit_code' | 'signal' | 'ended_by' | 'duration_ms'>

/** A running command with its standard streams; it and everything it started dies together. */
export interface SandboxProcess {
  /** Standard output as it comes, raw: neither stripped nor redacted. Read it once. */
  readonly output: AsyncIterable<Uint8Array>
  /** The last 64 kB of standard error so far, control sequences stripped, NOT yet redacted. */
  errors(): string
  /** Resolves when the bytes are taken; rejects when the command reads no more. */
  write(bytes: string | Uint8Array): Promise<void>
  closeInput(): void
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>
  kill(): Promise<void>
}

/** What the platform reads to see what a sandbox changed. */
export type SandboxCapture =
  /** The writable layer over /workspace as overlayfs keeps it, and the merged tree, where it helps to be fast. */
  | { readonly kind: 'overlay'; readonly upper: string; readonly merged?: string }
  /**
   * A host folder with a complete plain copy of /workspace as it was at the call: regular files, folders and symlinks
   * only; what could not be copied is named.
   */
  | {
      readonly kind: 'whole'
      readonly folder: string
      readonly refused: readonly { readonly path: string; readonly reason: string }[]
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
  /** What is there now; good until the next call. @throws GanderError `sandbox_unavailable`, `storage_full` */
  capture(): Promise<SandboxCapture>
  /** Runs one command. Never throws for what the command does. @throws GanderError `sandbox_unavailable` */
  exec(request: ExecRequest, signal?: AbortSignal): Promise<ExecResult>
  /** Starts one command and speaks with it. @throws GanderError `sandbox_unavailable` */
  start(request: StartRequest, signal?: AbortSignal): Promise<SandboxProcess>
  /** Ends everything in it and removes its mounts, cgroups and folders; idempotent. */
  close(): Promise<void>
}

/** Makes sandboxes. Absent controls are reported, never silently given up. */
export interface SandboxDriver {
  readonly name: string
  readonly isolation: IsolationClass
  /** Attacks each control once and tells which hold. */
  probe(): Promise<SandboxProbe>
  /** @throws GanderError `sandbox_unavailable`, `sandbox_control_missing`, `storage_full` */
  open(spec: SandboxSpec): Promise<Sandbox>
  /** Removes what crashed workers left behind (mounts, cgroups, folders). Returns how many. */
  sweep(): Promise<number>
}
