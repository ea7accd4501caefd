import { createHash } from 'node:crypto'
import { exhausted, NO_USE, type BudgetLimits, type BudgetUse } from '#domain/budget'
import { GanderError } from '#domain/failure'
import { canonicalJson, type Json } from '#domain/json'
import type { Lease, Run, RunCommand, RunFacts, WorkState } from '#domain/run'
import {
  BudgetExhausted,
  type Clock,
  type RunStore,
  type RunWrite,
  type StepContext,
  type StepIntent,
  type StepJournal,
  type StepOutcome,
  type StepRecord,
  type WriteRefusal,
} from '#ports'

/** What a step's outcome is wrapped in, so that a replayed run sees the figures the first one saw. */
interface Recorded {
  readonly value: Json
  readonly tokens: number
  readonly active_ms: number
  readonly limits: BudgetLimits
}

/** The journal of the run a worker holds. */
export interface RunJournal extends StepJournal {
  /** Moves the run along its lifecycle; a move on record is skipped. @throws GanderError `internal` when refused */
  advance(to: WorkState, evidence?: Partial<RunFacts>, write?: Omit<RunWrite, 'command'>): Promise<void>
  /** Writes a command that ends or parks the run. */
  close(command: RunCommand, write?: Omit<RunWrite, 'command'>): Promise<Run>
  /** The tree after the last step asked for; undefined while no step changed it. */
  tree(): string | undefined
  /** Use and limits as they stood at this point when it was first reached. */
  budget(): { readonly limits: BudgetLimits; readonly use: BudgetUse }
  /** The tree of the last step on record, which a resumed workspace is rebuilt to. */
  readonly recordedTree: string | undefined
  /** Every step on record by now, in order. */
  lines(): readonly StepRecord[]
}

interface JournalParts {
  readonly store: RunStore
  readonly clock: Clock
  readonly run: Run
  readonly lease: Lease
  readonly limits: BudgetLimits
  readonly steps: readonly StepRecord[]
  /** Once it is aborted no step begins any more: its reason is thrown. Absent: never. */
  readonly parting?: AbortSignal
  /** Asked before each live step; throws where the run may not act any more. Absent: it always may. */
  readonly leave?: () => Promise<void>
  /** Called after each live step, for progress. */
  readonly onStep?: (step: { readonly key: string; readonly cost_usd: number }) => void
}

/** Opens the journal over what is on record; only steps that are not there yet are performed. */
export function openRunJournal(parts: JournalParts): RunJournal {
  return new DurableJournal(parts)
}

class DurableJournal implements RunJournal {
  readonly #parts: JournalParts
  readonly #byKey: Map<string, StepRecord>
  readonly #order: StepRecord[]
  readonly #asked = new Set<string>()
  #use: BudgetUse = NO_USE
  #tree: string | undefined
  #moves = 0

  constructor(parts: JournalParts) {
    this.#parts = parts
    this.#order = [...parts.steps]
    this.#byKey = new Map(parts.steps.map((step) => [step.key, step]))
  }

  get replaying(): boolean {
    return this.#nextRecorded() !== undefined
  }

  recorded(key: string): boolean {
    const known = this.#byKey.get(key)
    return known !== undefined && known.outcome !== null
  }

  get recordedTree(): string | undefined {
    return this.#parts.steps.findLast((step) => step.tree !== null)?.tree ?? undefined
  }

  tree(): string | undefined {
    return this.#tree
  }

  lines(): readonly StepRecord[] {
    return this.#order
  }

  budget(): { limits: BudgetLimits; use: BudgetUse } {
    const next = this.#nextRecorded()
    const limits = next === undefined ? this.#parts.limits : unwrap(next).limits
    return { limits, use: this.#use }
  }

  async perform<Value extends Json>(
    intent: StepIntent,
    act: (context: StepContext) => Promise<StepOutcome<Value>>,
  ): Promise<Value> {
    return this.#perform(intent, act)
  }

  async advance(to: WorkState, evidence: Partial<RunFacts> = {}, write: Omit<RunWrite, 'command'> = {}): Promise<void> {
    const key = `transition:${this.#moves++}:${to}`
    const command: RunCommand = { type: 'advance', to, evidence }
    await this.#perform({ key, kind: 'transition', request: { to } }, async () => ({ value: to }), {
      ...write,
      command,
    })
  }

  async close(command: RunCommand, write: Omit<RunWrite, 'command'> = {}): Promise<Run> {
    const written = await this.#parts.store.write(this.#parts.run.id, this.#parts.lease, { ...write, command })
    if (!written.ok) throw refused(written.refusal)
    return written.value
  }

  async #perform<Value extends Json>(
    intent: StepIntent,
    act: (context: StepContext) => Promise<StepOutcome<Value>>,
    write?: RunWrite,
  ): Promise<Value> {
    if (this.#asked.has(intent.key)) throw new GanderError('internal', `step ${intent.key} was asked for twice`)
    const known = this.#byKey.get(intent.key)
    // What is on record for this very request has the shape its author gave it.
    if (known !== undefined && known.outcome !== null) return this.#replay(known, intent) as Value
    this.#parts.parting?.throwIfAborted()
    await this.#parts.leave?.()
    const { decision, ...begun } = await this.#begin(intent)
    const from = this.#parts.clock.now()
    const outcome = await act({
      n: begun.n,
      reopened: known !== undefined,
      ...(decision !== undefined && { decision }),
    })
    return this.#finish(begun, outcome, this.#parts.clock.now() - from, write)
  }

  #replay(step: StepRecord, intent: StepIntent): Json {
    if (step.request_sha256 !== requestHash(intent.request))
      throw new GanderError('replay_diverged', `step ${intent.key} was recorded for another request`)
    const recorded = unwrap(step)
    this.#count(step, recorded)
    return recorded.value
  }

  /** Verifications run beside or inside other steps, so they say nothing about how far a replay has come. */
  #nextRecorded(): StepRecord | undefined {
    return this.#order.find(
      (step) =>
        step.outcome !== null &&
        step.kind !== 'verification' &&
        // What policy and people answered is asked for again only while it holds: after a change of policy, or once the
        // act is on record, it is not.
        step.kind !== 'gate' &&
        // Steps inside a guest's turn are the turn's own and are never asked for again.
        !step.key.startsWith('within:') &&
        !this.#asked.has(step.key),
    )
  }

  async #begin(intent: StepIntent): Promise<StepRecord> {
    const { store, run, lease } = this.#parts
    const begun = await store.beginStep(run.id, lease, intent)
    if (begun.ok) return begun.value
    if (begun.refusal.code !== 'budget_exhausted') throw refused(begun.refusal)
    if (begun.refusal.verdict !== undefined) throw new BudgetExhausted(begun.refusal.verdict)
    const { limits, use } = await store.budget(run.id)
    throw new BudgetExhausted(
      exhausted(use, limits, intent.reserve_usd ?? 0) ?? {
        budget: 'cost',
        used: use.cost_usd,
        limit: limits.max_cost_usd,
      },
    )
  }

  async #finish<Value extends Json>(
    begun: StepRecord,
    outcome: StepOutcome<Value>,
    active_ms: number,
    write?: RunWrite,
  ): Promise<Value> {
    const { store, run, lease, limits, onStep } = this.#parts
    const recorded = { value: outcome.value, tokens: outcome.tokens ?? 0, active_ms, limits: { ...limits } }
    const finished = await store.finishStep(run.id, lease, begun.n, { ...outcome, value: recorded }, write)
    if (!finished.ok) throw refused(finished.refusal)
    const step: StepRecord = {
      ...begun,
      outcome: recorded,
      outcome_at: new Date(this.#parts.clock.now()).toISOString(),
      tree: outcome.tree ?? null,
      cost_usd: outcome.cost_usd ?? 0,
    }
    this.#byKey.set(step.key, step)
    this.#order.push(step)
    this.#count(step, recorded)
    onStep?.({ key: step.key, cost_usd: step.cost_usd })
    return outcome.value
  }

  #count(step: StepRecord, recorded: Recorded): void {
    this.#asked.add(step.key)
    if (step.tree !== null) this.#tree = step.tree
    // Only what an agent does one after another is counted: the baseline runs beside it and would make replay uneven.
    const counts = step.kind === 'model_call' || step.kind === 'tool_call' ? 1 : 0
    this.#use = {
      cost_usd: this.#use.cost_usd + step.cost_usd,
      reserved_usd: 0,
      active_ms: this.#use.active_ms + counts * recorded.active_ms,
      steps: this.#use.steps + counts,
      tokens: this.#use.tokens + recorded.tokens,
    }
  }
}

/** Hex SHA-256 over the canonical request of a step. */
const requestHash = (request: Json): string => createHash('sha256').update(canonicalJson(request)).digest('hex')

// Written by #finish above; nothing else writes outcomes.
const unwrap = (step: StepRecord): Recorded => step.outcome as unknown as Recorded

function refused(refusal: WriteRefusal | { readonly code: string; readonly message: string }): GanderError {
  const code = refusal.code === 'lease_lost' || refusal.code === 'run_moved_on' ? 'lease_lost' : 'internal'
  return new GanderError(code, refusal.message, { facts: { refusal: refusal.code } })
}
