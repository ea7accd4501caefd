import type { RunId, TenantId } from '#domain/ids'
import type { Pool, PoolClient } from 'pg'
import type { EventRow } from './ledger-events.ts'
import type { RecordParts } from './run-records.ts'
import type { NextRow, RunRow } from './run-row.ts'
import { query } from './store-context.ts'

/** A write of one run, as the database takes it. */
export interface WritePart {
  readonly run: RunId
  /** The lease's holder; null: anyone, at exactly the version. */
  readonly worker: string | null
  readonly fence: number | null
  /** The version that was decided on; null: any. */
  readonly version: number | null
  readonly step: StepPart | null
  readonly records: RecordParts | null
  readonly next: NextRow | null
  readonly events: readonly EventRow[]
}

/** An outcome and what it cost; `outcome` is JSON text. */
export interface StepPart {
  readonly n: number
  readonly sha256: string
  readonly tree: string | null
  readonly cost_usd: number
  readonly tokens: number
  readonly outcome: string
}

const WRITE = { name: 'write_runs', text: 'select * from gander.write_runs($1, $2, $3, $4, $5, $6) as run' }

/** Writes parts of different runs of a tenant in one statement; undefined for what met another version or lease. */
export async function sendWrites(
  on: Pool | PoolClient,
  tenant: TenantId,
  parts: readonly WritePart[],
): Promise<readonly (RunRow | undefined)[]> {
  const values = [
    tenant,
    JSON.stringify(parts.map(({ run, worker, fence, version }) => ({ run, worker, fence, version }))),
    rowsOf(parts.flatMap(({ run, step }) => (step === null ? [] : [{ run, ...step }]))),
    recordsOf(parts),
    rowsOf(parts.flatMap(({ run, next }) => (next === null ? [] : [{ run, ...next }]))),
    rowsOf(parts.flatMap(({ run, events }) => events.map((event) => ({ run, ...event })))),
  ]
  const rows = await query<{ run: RunRow }>(on, WRITE, values)
  const written = new Map(rows.map(({ run }) => [run.id, run]))
  return parts.map(({ run }) => written.get(run))
}

const rowsOf = (rows: readonly object[]): string | null => (rows.length === 0 ? null : JSON.stringify(rows))

/** Records of all runs by their kinds. */
function recordsOf(parts: readonly WritePart[]): string | null {
  const kinds: { [kind: string]: object[] } = {}
  for (const { run, records } of parts)
    for (const [kind, rows] of Object.entries(records ?? {}))
      (kinds[kind] ??= []).push(...rows.map((row: object) => ({ run, ...row })))
  return Object.keys(kinds).length === 0 ? null : JSON.stringify(kinds)
}
