import type { ExportReport } from '#domain/ledger'
import type { TenantId } from '#domain/ids'
import type { Audit, Retention } from '#ports'

/** What an export came to. */
interface AuditExported {
  readonly path: string
  readonly lines: number
  readonly bytes: number
  /** Of the whole file. */
  readonly sha256: string
}

/** What a backup holds, or a restore has brought back. */
export interface BackupSummary {
  readonly folder: string
  readonly taken_at: string
  readonly tables: number
  readonly rows: number
  readonly files: number
  readonly bytes: number
  /** True where the secrets of the home are among it. */
  readonly with_keys: boolean
}

/** The audit trail, retention and backups of this home, for the command line. */
export interface AuditDesk {
  /** Opens the database. */
  audit(): Promise<Audit>
  /** Opens the database. */
  retention(): Promise<Retention>
  /** Writes an export to a new file, for its owner only. */
  export(tenant: TenantId, path: string, wish: { readonly since?: string; readonly by: string }): Promise<AuditExported>
  /** Needs no database. `keys` are files with public keys; none: those of this home, and else the file's own. */
  verifyFile(path: string, keys: readonly string[]): Promise<ExportReport>
  backup(folder: string, wish: { readonly with_keys: boolean }): Promise<BackupSummary>
  /** Into this home, which must be new. */
  restore(folder: string, by: string): Promise<BackupSummary>
  close(): Promise<void>
}
