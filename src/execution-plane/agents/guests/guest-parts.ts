import type { EventDraft } from '#domain/event'
import type { ModelChoice } from '#domain/task'
import type {
  ArtifactStore,
  CapturedTree,
  Clock,
  FoundGuest,
  GuestToolDesk,
  ModelGateway,
  Redactor,
  Sandbox,
} from '#ports'
import type { GuestCli } from './guest-cli.ts'

/** What a guest's turns need of the run they belong to. */
export interface GuestParts {
  readonly found: FoundGuest
  readonly cli: GuestCli
  readonly model: ModelChoice
  readonly gateway: Pick<ModelGateway, 'admit'>
  /** Offers it the run's own tools. */
  readonly tool_desk: GuestToolDesk
  readonly sandbox: Sandbox
  /** Captures the workspace as a tree. */
  checkpoint(): Promise<CapturedTree>
  /** The tree as the record has it. */
  tree(): string
  /** How many files differ between two trees. */
  changedFiles(from: string, to: string): Promise<number>
  /** The lease the run is held by; part of the keys of exchanges, so that a second start never meets the first one's. */
  readonly fence: number
  /** Puts events on record while a turn goes on. */
  note(events: readonly EventDraft[]): Promise<void>
  /** Milliseconds a guest may neither say anything nor ask for anything before it counts as hanging. */
  readonly stall_ms: number
  readonly redactor: Redactor
  readonly artifacts: ArtifactStore
  readonly clock: Clock
}
