import type { RunId } from '#domain/ids'
import type { AgentChoice } from '#domain/task'
import type {
  Administration,
  CheckTestFolders,
  LocaliseIssue,
  MapCommit,
  CalibrationDesk,
  Guests,
  Intake,
  OpenPolicyDesk,
  PacketVerifier,
  Platform,
  Redactor,
  RunOrder,
  SummariseLog,
} from '#ports'
import type { AuditDesk } from './audit-desk.ts'
import type { DoctorReport } from './doctor-report.ts'
import type { McpDesk } from './mcp-desk.ts'
import type { KeyFile } from './key-file.ts'

/** One output stream. */
export interface Screen {
  write(text: string): void
  /** Writes bytes as they are; settles when more can be taken. */
  writeBytes(bytes: Uint8Array): Promise<void>
  readonly is_terminal: boolean
  /** Width in characters; 100 where it is unknown. */
  columns(): number
}

/** Standard input. */
export interface Input {
  readonly is_terminal: boolean
  read(): Promise<string>
  /** The bytes as they come; instead of `read`. */
  bytes(): AsyncIterable<Uint8Array>
  /** Asks without showing what is typed; only on a terminal. */
  askHidden(question: string): Promise<string>
}

/** What the wiring makes for a command; `read` needs no model gateway and no sandbox. */
export interface PlatformWish {
  readonly purpose: 'read' | 'work'
  /** The server that is to do it; absent: this process. */
  readonly server?: { readonly url: string; readonly token: string }
}

/** How `gander serve` is to run. */
export interface ServeWish {
  readonly host: string
  readonly port: number
  /** Runs worked on at once. */
  readonly workers: number
  /** Addresses of model servers that orders may name. */
  readonly model_addresses: readonly string[]
  /** Keys by provider, for the gateway's memory. */
  readonly keys: { readonly [provider: string]: string }
  /** The identity provider people sign in with; absent: what sign-in.yaml names. */
  readonly oidc?: { readonly issuer?: string; readonly client_id?: string }
  /** Who works where an order does not say; absent: orders must say. */
  readonly agent?: AgentChoice
}

/** A server that listens. */
export interface Served {
  readonly url: string
  /** The file that holds the administrator's token, readable by this user only. */
  readonly token_file: string
  /** Takes no more work, lets what is in hand rest, and closes. */
  close(): Promise<void>
}

/** How `gander control-plane` is to run. */
export type ControlPlaneWish = Pick<ServeWish, 'host' | 'port' | 'model_addresses' | 'oidc' | 'agent'> & ProcessWish

/** How `gander worker` is to run. */
export interface WorkerWish extends ProcessWish {
  /** Name of the process in its log. */
  readonly name: string
  /** Runs worked on at once. */
  readonly at_once: number
  /** How long runs in hand may go on after the worker was told to leave. */
  readonly drain_seconds: number
  readonly keys: ServeWish['keys']
  /** The model gateway of another host; absent: the one of this host's home. */
  readonly gateway?: { readonly url: string; readonly fingerprint: string; readonly token: string }
}

/** How `gander gateway` is to run. */
export interface GatewayWish extends ProcessWish {
  readonly keys: ServeWish['keys']
  /** Where workers of other hosts are served, over TLS; absent: nowhere. */
  readonly listen?: { readonly host: string; readonly port: number }
}

/** What every process that stands apart may be told. */
interface ProcessWish {
  /** Absent: DATABASE_URL, or the embedded server. */
  readonly database_url?: string
}

/** A process that stands until it is told to leave. */
export interface Standing {
  /** Lines for whoever started it. */
  readonly about: readonly string[]
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<void>
  /** Takes no more, finishes or hands back what is in hand, and ends. */
  close(): Promise<void>
}

/** What a drill of the kill switch came to, in milliseconds from the acknowledgement. */
export interface StopDrill {
  readonly run_id: string
  readonly state: string
  /** From the command to its acknowledgement. */
  readonly acknowledged_ms: number
  /** Until the last process of the run was dead. */
  readonly last_effect_ms: number
  readonly run_ended_ms: number
}

/** How a person is told where to sign in; with `code` they do so on another machine. */
export interface SignInScreen {
  /** Their browser is on this machine. */
  readonly browser?: (address: string) => Promise<void>
  /** Instead: it is on another one, and the code goes with them. */
  readonly code?: (given: {
    readonly user_code: string
    readonly address: string
    readonly whole_address: string | null
    readonly minutes: number
  }) => Promise<void>
}

/** Everything the platform side gives the command line; each is loaded when it is first called. */
export interface CliWiring {
  openPlatform(wish: PlatformWish): Promise<Platform>
  intake(): Promise<Intake>
  /** A redactor that knows no value yet. */
  redactor(): Promise<Redactor>
  examine(): Promise<DoctorReport>
  /** Finds coding agents, and tries them in a sandbox. */
  guests(): Promise<Guests>
  /** Foreign tool servers and Gander's own; absent where they are not wired. */
  mcp?(): Promise<McpDesk>
  /** What administrators do; absent where it is not wired. */
  openAdministration?(wish: Pick<PlatformWish, 'server'>): Promise<Administration>
  /** Signs a person in at a server; undefined where it offers no sign-in, absent where it is not wired. */
  signIn?(
    server: string,
    show: SignInScreen,
  ): Promise<{ readonly token: string; readonly expires_at: string | null } | undefined>
  /** What runs may not do, of a tenant; absent where it is not wired. */
  policy?: OpenPolicyDesk
  /** The audit trail, retention and backups of this home; absent where they are not wired. */
  audit?(server?: PlatformWish['server']): Promise<AuditDesk>
  /** Runs everything as a server; absent where it is not wired. */
  serve?(wish: ServeWish): Promise<Served>
  /** The parts of a server as processes of their own; absent where they are not wired. */
  controlPlane?(wish: ControlPlaneWish): Promise<Served>
  worker?(wish: WorkerWish): Promise<Standing>
  gateway?(wish: GatewayWish): Promise<Standing>
  /** What is wrong with the YAML of a capability; absent where it is not wired. */
  capabilityProblems?(source: string): Promise<readonly string[]>
  /** Stops a run that is made for it and measures; absent where it is not wired. */
  drillStop?(platform: Platform): Promise<StopDrill>
  /** Tries gates and judge on known changes; absent where it is not wired. */
  calibration?(): Promise<CalibrationDesk>
  /** Says why a log tells of a failure; absent where it is not wired. */
  readonly summariseLog?: SummariseLog
  /** Verifies evidence packets; absent where it is not wired. */
  verification?(): Promise<PacketVerifier>
  /** Compares the tests of two folders; absent where it is not wired. */
  checkTests?(): Promise<CheckTestFolders>
  /** Finds the files an issue is about; absent where it is not wired. */
  localiseIssue?(): Promise<LocaliseIssue>
  /** Maps a commit of a repository; absent where it is not wired. */
  mapCommit?(): Promise<MapCommit>
  /** Prepares the example repository and its issue; the order's model is a recording. */
  prepareDemo(): Promise<RunOrder>
  /** Makes a conversation file from a run's recorded model exchanges. */
  recordConversation(platform: Platform, run: RunId): Promise<string>
}

/** What the command line needs of the world. */
export interface CliEnvironment extends CliWiring {
  readonly version: string
  /** Absolute path of GANDER_HOME. */
  readonly home: string
  readonly env: { readonly [name: string]: string | undefined }
  readonly cwd: string
  readonly user: string
  readonly stdout: Screen
  readonly stderr: Screen
  readonly stdin: Input
  readonly keys: KeyFile
  /** Tokens by the address of their server. */
  readonly servers: KeyFile
  /** The file's text, or undefined where there is none. */
  readFile(path: string): Promise<string | undefined>
  writeFile(path: string, text: string): Promise<void>
  /** Shows an address or file with the desktop's program; false where there is none. */
  show(target: string): Promise<boolean>
  now(): number
  /** Calls back every so many milliseconds until the returned function is called. */
  every(ms: number, tick: () => void): () => void
  /** Calls back on each Ctrl-C until the returned function is called. */
  onInterrupt(handler: () => void): () => void
  /** Ends the process at once. */
  leave(code: number): void
}
