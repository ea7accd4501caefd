import type { LedgerEvent } from '#domain/event'
import { canonicalJson } from '#domain/json'
import type { GatewayAct, SignedCheckpoint } from '#domain/ledger'
import type { AuditArtifact } from '#ports'

/** Name and version of the file's format. */
export const EXPORT_FORMAT = 'gander.audit.v1'

/** How many of each there are. */
export interface ExportCounts {
  readonly events: number
  readonly acts: number
  readonly checkpoints: number
  readonly artifacts: number
  /** Events whose facts were cut out. */
  readonly withheld: number
}

/** One line of an export; the last one is the manifest. */
export type ExportLine =
  | {
      readonly type: 'header'
      readonly format: string
      readonly tenant_id: string
      readonly since: string | null
      readonly exported_at: string
      readonly redaction: string
      readonly public_keys: { readonly [key_id: string]: string }
    }
  | { readonly type: 'event'; readonly event: LedgerEvent; readonly withheld?: true }
  | { readonly type: 'act'; readonly act: GatewayAct }
  | { readonly type: 'checkpoint'; readonly checkpoint: SignedCheckpoint }
  | { readonly type: 'artifact'; readonly artifact: AuditArtifact }

/** What the manifest says before it is signed. */
interface ManifestWords {
  readonly tenant_id: string
  readonly counts: ExportCounts
  /** Of every byte before the manifest's own line. */
  readonly sha256: string
  readonly key_id: string
}

/** The last line: what the file is, signed. */
export interface ExportManifest extends ManifestWords {
  readonly signature: string
}

/** The text that is signed. */
export const manifestText = ({ tenant_id, counts, sha256, key_id }: ManifestWords): string =>
  `gander.audit-export.v1\n${canonicalJson({ tenant_id, counts, sha256, key_id })}`
