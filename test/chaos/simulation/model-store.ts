import { exhausted, NO_USE, type BudgetLimits, type BudgetUse } from '#domain/budget'
import type { RunId, TaskId, WorkerId } from '#domain/ids'
import { LOCAL_TENANT } from '#domain/ids'
import { decide, evolve, isActive, isEnd, LEASE_MS, queuedRun, type Run, type RunCommand } from '#domain/run'
import type { Witness } from './witness.ts'

/** Defects that can be planted, to see that they are found. */
export const BUGS = [
  'stale_fence_accepted',
  'outcome_rewritten',
  'reservation_forgotten',
  'approval_used_twice',
  'switch_believed_too_long',
  'lease_swept_early',
] as const
export type Bug = (typeof BUGS)[number]

interface StepRow {
  readonly reserve: number
  outcome: string | null
}

interface Row {
  run: Run
  worker: string | null
  expires: number
  use: BudgetUse
  readonly limits: BudgetLimits
  readonly steps: Map<string, StepRow>
  approval: { readonly id: string; readonly fingerprint: string; approved: boolean; used: boolean } | null
}

/**
 * The rules of the store's SQL, one method a transaction: ownership by worker and fence where it writes, outcomes once,
 * a reservation before each call, leases that expire. What a command leads to is decided by the program's own
 * `decide` and `evolve`, and what a budget covers by its own `exhausted`.
 */
export class ModelStore {
  readonly #rows = new Map<string, Row>()
  readonly #now: () => number
  readonly #witness: Witness
  readonly #bug: Bug | undefined

  constructor(parts: { readonly now: () => number; readonly witness: Witness; readonly bug?: Bug | undefined }) {
    this.#now = parts.now
    this.#witness = parts.witness
    this.#bug = parts.bug
  }

  submit(id: string, max_cost_usd: number): void {
    const run = queuedRun({
      id: id as RunId,
      tenant_id: LOCAL_TENANT,
      task_id: `task_${id}` as TaskId,
      mode: 'draft_pr',
      is_fix: false,
      repairs_allowed: 3,
      max_attempts: 25,
    })
    const limits = { max_cost_usd, max_minutes: 60, max_steps: 1_000, max_tokens: 1_000_000, max_repairs: 3 }
    this.#rows.set(id, { run, worker: null, expires: 0, use: NO_USE, limits, steps: new Map(), approval: null })
    this.#witness.note(`submit ${id}`)
  }

  get ids(): readonly string[] {
    return [...this.#rows.keys()]
  }

  state(id: string): Run['state'] {
    return this.#row(id).run.state
  }

  lease(worker: string): { readonly id: string; readonly fence: number } | undefined {
    for (const [id, row] of this.#rows) {
      if (row.run.state !== 'queued' || row.run.attempts >= row.run.max_attempts) continue
      if (!this.#apply(id, { type: 'lease', worker: worker as WorkerId })) continue
      row.worker = worker
      row.expires = this.#now() + LEASE_MS
      this.#witness.leased(id, row.run.fence, row.expires)
      return { id, fence: row.run.fence }
    }
    return undefined
  }

  heartbeat(id: string, fence: number, worker: string): boolean {
    const row = this.#row(id)
    if (!this.#owns(row, fence, worker)) return false
    row.expires = this.#now() + LEASE_MS
    this.#witness.extended(id, fence, row.expires)
    return true
  }

  /** Applies a command of the worker that holds the lease. */
  write(id: string, fence: number, worker: string, command: RunCommand): boolean {
    const row = this.#row(id)
    if (!this.#owns(row, fence, worker) || !this.#apply(id, command)) return false
    this.#witness.accepted(id, fence, command.type)
    return true
  }

  /** A command of a person. */
  command(id: string, command: RunCommand): boolean {
    return this.#apply(id, command)
  }

  /** Records an intent with its reservation; the outcome, where it is there already. */
  begin(
    id: string,
    own: { readonly fence: number; readonly worker: string },
    step: { readonly key: string; readonly reserve: number },
  ): 'lost' | 'exhausted' | 'begun' | { readonly outcome: string } {
    const row = this.#row(id)
    if (!this.#owns(row, own.fence, own.worker)) return 'lost'
    const known = row.steps.get(step.key)
    if (known !== undefined) return known.outcome === null ? 'begun' : { outcome: known.outcome }
    const counted = this.#bug === 'reservation_forgotten' ? { ...row.use, reserved_usd: 0 } : row.use
    if (exhausted(counted, row.limits, step.reserve) !== undefined) return 'exhausted'
    row.steps.set(step.key, { reserve: step.reserve, outcome: null })
    row.use = { ...row.use, reserved_usd: row.use.reserved_usd + step.reserve }
    this.#spending(id, row)
    this.#witness.accepted(id, own.fence, `intent ${step.key}`)
    return 'begun'
  }

  /** Records an outcome once and settles its reservation. */
  finish(
    id: string,
    own: { readonly fence: number; readonly worker: string },
    step: { readonly key: string; readonly value: string; readonly cost: number },
  ): boolean {
    const row = this.#row(id)
    if (!this.#owns(row, own.fence, own.worker)) return false
    const known = row.steps.get(step.key)
    if (known === undefined) return false
    if (known.outcome !== null && this.#bug !== 'outcome_rewritten') return false
    if (known.outcome === null) {
      const { cost_usd, reserved_usd } = row.use
      row.use = { ...row.use, cost_usd: cost_usd + step.cost, reserved_usd: reserved_usd - known.reserve }
    }
    known.outcome = step.value
    this.#spending(id, row)
    this.#witness.accepted(id, own.fence, `outcome ${step.key}`)
    this.#witness.outcome(id, step.key, step.value)
    return true
  }

  asked(id: string, approval: { readonly id: string; readonly fingerprint: string }): void {
    this.#row(id).approval = { ...approval, approved: false, used: false }
  }

  /** A yes counts once; the run goes back to the queue. */
  approve(id: string): boolean {
    const { approval, run } = this.#row(id)
    if (approval === null || run.state !== 'awaiting_approval') return false
    const at = new Date(this.#now()).toISOString()
    const answer = { decision: 'approved', by: 'grace', reason: '' } as const
    if (!this.#apply(id, { type: 'decide_approval', approval: run.approval, at, ...answer })) return false
    approval.approved = true
    return true
  }

  /** Takes the one use of a yes for this act; whether there is one. */
  useApproval(id: string, fingerprint: string): 'none' | 'used' | 'taken' {
    const { approval } = this.#row(id)
    if (approval?.approved !== true || approval.fingerprint !== fingerprint) return 'none'
    if (approval.used && this.#bug !== 'approval_used_twice') return 'used'
    approval.used = true
    this.#witness.used(approval.id, approval.fingerprint, fingerprint)
    return 'taken'
  }

  extendBudget(id: string, by: number): void {
    const row = this.#row(id)
    this.#rows.set(id, { ...row, limits: { ...row.limits, max_cost_usd: row.limits.max_cost_usd + by } })
  }

  /** Gives expired leases back to the queue, and ends runs without attempts left. */
  sweep(): void {
    const early = this.#bug === 'lease_swept_early' ? 9_000 : 0
    for (const [id, row] of this.#rows) {
      if (row.worker !== null && row.expires - early <= this.#now())
        this.#apply(id, { type: 'return_to_queue', reason: 'lease_expired' })
      if (row.run.state === 'queued' && row.run.attempts >= row.run.max_attempts)
        this.#apply(id, { type: 'end', state: 'failed', diagnosis: WORKER_LOST, packet_sha256: null })
    }
  }

  #row(id: string): Row {
    const row = this.#rows.get(id)
    if (row === undefined) throw new Error(`there is no run ${id}`)
    return row
  }

  #owns(row: Row, fence: number, worker: string): boolean {
    if (this.#bug === 'stale_fence_accepted') return isActive(row.run.state)
    return row.run.fence === fence && row.worker === worker && isActive(row.run.state)
  }

  #spending(id: string, { use, limits }: Row): void {
    this.#witness.spending(id, use.cost_usd, use.reserved_usd, limits.max_cost_usd)
  }

  /** Decides and evolves as the write path does; a run that is no longer active holds no lease. */
  #apply(id: string, command: RunCommand): boolean {
    const row = this.#row(id)
    const decided = decide(row.run, command)
    if (!decided.ok) return false
    for (const event of decided.value) {
      row.run = evolve(row.run, event)
      this.#witness.note(`${event.event} ${id} ${row.run.state}`)
    }
    if (row.worker !== null && !isActive(row.run.state)) {
      row.worker = null
      // What was early is what the witness must see: an expired lease ends by itself, a given one when it is given.
      if (command.type !== 'return_to_queue') this.#witness.released(id)
    }
    if (isEnd(row.run.state)) this.#witness.ended(id, row.run.state)
    return true
  }
}

const WORKER_LOST = {
  class: 'worker_lost',
  what: 'Too many workers were lost.',
  why: 'Each attempt ended without a result.',
  next: 'Look at the worker log.',
} as const
