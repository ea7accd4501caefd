import type { RunId, TenantId } from '#domain/ids'

/** Runs a statement past grants and row security. */
export type Sql = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

/** The invariants of docs/reference/reliability.md, by their numbers. */
export const INVARIANTS = {
  I1: 'every accepted task reaches exactly one end state',
  I2: 'at most one live lease per run, fences grow, no effect is accepted with an old one',
  I3: 'at most one pull request per task and attempt, no orphan branch after reconciliation',
  I4: 'no effect without an earlier allow decision with equal argument hash',
  I5: 'no effect after a kill is acknowledged',
  I6: 'spend never exceeds the budget',
  I7: 'an approval is used at most once, fingerprint equal',
  I8: 'the ledger has no gap and verifies, every effect has its event',
  I9: 'artifact references resolve and match their hash',
  I10: 'no sandbox, cgroup, mount or process is left after the janitor',
  I11: 'no row of another tenant in any response',
  I12: 'canaries are in no sink',
  I13: 'step results are write-once',
} as const

export type Invariant = keyof typeof INVARIANTS

/** One breach, told so that a person can find it. */
export interface Violation {
  readonly invariant: Invariant
  readonly what: string
}

/** What the checker reads, and what only the experiment knows. */
export interface Ground {
  readonly sql: Sql
  /** Folders that hold artifacts, forge and runs, and those that hold sandboxes; often one and the same. */
  readonly kept: string
  readonly homes: readonly string[]
  /** Runs whose submission was acknowledged. Absent: those that are there. */
  readonly acknowledged?: readonly RunId[]
  /** False while runs still go on: then nobody is asked to have ended. */
  readonly settled: boolean
  /** Requests that the model server has seen. Absent: there was none. */
  readonly model_requests?: number
  /** What each tenant was answered. Absent: nothing was asked. */
  readonly responses?: readonly { readonly tenant_id: TenantId; readonly text: string }[]
  /** Secrets that must turn up nowhere. Absent: none. */
  readonly canaries?: readonly string[]
}

/** Makes violations of rows, one for each. */
export const each = <Row>(
  invariant: Invariant,
  rows: readonly Row[],
  say: (row: Row) => string,
): readonly Violation[] => rows.map((row) => ({ invariant, what: say(row) }))
