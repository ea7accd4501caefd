import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, NO_USE } from '#domain/budget'
import { isGanderError } from '#domain/failure'
import type { RunId, TaskId, WorkerId } from '#domain/ids'
import { LOCAL_TENANT } from '#domain/ids'
import { queuedRun, type Run } from '#domain/run'
import { BudgetExhausted, type Clock, type PolicyDecision, type RunStore, type StepRecord } from '#ports'
import { openRunJournal } from './run-journal.ts'

const run: Run = queuedRun({
  id: 'run_test' as RunId,
  tenant_id: LOCAL_TENANT,
  task_id: 'task_test' as TaskId,
  mode: 'draft_pr',
  is_fix: false,
  repairs_allowed: 1,
  max_attempts: 3,
})
const lease = { worker: 'wrk_test' as WorkerId, fence: 1 }
const clock: Clock = { now: () => 0, sleep: async () => undefined }

/** Steps in memory; only what the journal asks of the store. */
function memory(refusal?: 'lease_lost' | 'budget_exhausted') {
  const steps: StepRecord[] = []
  const store = {
    beginStep: async (
      _run: RunId,
      _lease: unknown,
      intent: { key: string; kind: StepRecord['kind']; request: unknown; decision?: PolicyDecision },
    ) => {
      if (refusal !== undefined) return { ok: false, refusal: { code: refusal, message: refusal } }
      const open = steps.find((step) => step.key === intent.key)
      if (open !== undefined) return { ok: true, value: open }
      const { key, kind } = intent
      const request_sha256 = await hash(intent.request)
      const record: StepRecord = {
        n: steps.length + 1,
        key,
        kind,
        request_sha256,
        intent_at: '',
        outcome: null,
        outcome_at: null,
        tree: null,
        cost_usd: 0,
        ...(intent.decision !== undefined && { decision: intent.decision }),
      }
      steps.push(record)
      return { ok: true, value: record }
    },
    finishStep: async (
      _run: RunId,
      _lease: unknown,
      n: number,
      outcome: { value: never; tree?: string; cost_usd?: number },
    ) => {
      const at = steps.findIndex((step) => step.n === n)
      const step = steps[at]
      if (step !== undefined)
        steps[at] = { ...step, outcome: outcome.value, tree: outcome.tree ?? null, cost_usd: outcome.cost_usd ?? 0 }
      return { ok: true, value: run }
    },
    budget: async () => ({ limits: { ...DEFAULT_LIMITS, max_steps: 1 }, use: { ...NO_USE, steps: 1 } }),
  } as unknown as RunStore
  return { store, steps }
}

async function hash(request: unknown): Promise<string> {
  const { createHash } = await import('node:crypto')
  const { canonicalJson } = await import('#domain/json')
  return createHash('sha256').update(canonicalJson(request)).digest('hex')
}

const open = (store: RunStore, steps: readonly StepRecord[] = [], limits = DEFAULT_LIMITS) =>
  openRunJournal({ store, clock, run, lease, limits, steps })
const tool = (key: string) => ({ key, kind: 'tool_call' as const, request: { key } })

describe('a step', () => {
  it('is performed once; a resumed journal gives what is on record', async () => {
    const { store, steps } = memory()
    let acts = 0
    const act = async () => ({ value: ++acts, tree: 't1', cost_usd: 0.5, tokens: 7 })
    expect(await open(store).perform(tool('a'), act)).toBe(1)
    const resumed = open(store, steps)
    expect(resumed.replaying).toBe(true)
    expect(await resumed.perform(tool('a'), act)).toBe(1)
    expect(acts).toBe(1)
    expect(resumed.replaying).toBe(false)
    expect(resumed.tree()).toBe('t1')
    expect(resumed.budget().use).toMatchObject({ cost_usd: 0.5, tokens: 7, steps: 1 })
  })

  it('whose act broke off is performed again and told so', async () => {
    const { store, steps } = memory()
    await expect(open(store).perform(tool('a'), async () => Promise.reject(new Error('killed')))).rejects.toThrow(
      'killed',
    )
    const seen: boolean[] = []
    await open(store, steps).perform(tool('a'), async ({ reopened }) => {
      seen.push(reopened)
      return { value: null }
    })
    expect(seen).toEqual([true])
  })

  it('goes by the decision on record, which is the earlier one when its act broke off', async () => {
    const { store, steps } = memory()
    const [earlier, later] = [{ args_hash: 'earlier' }, { args_hash: 'later' }] as unknown as PolicyDecision[]
    const seen: unknown[] = []
    const killed = open(store).perform({ ...tool('a'), ...(earlier && { decision: earlier }) }, async (context) => {
      seen.push(context.decision)
      throw new Error('killed')
    })
    await expect(killed).rejects.toThrow('killed')
    const resumed = open(store, steps)
    expect(resumed.recorded('a')).toBe(false)
    await resumed.perform({ ...tool('a'), ...(later && { decision: later }) }, async (context) => {
      seen.push(context.decision)
      return { value: null }
    })
    expect(seen).toEqual([earlier, earlier])
    expect(resumed.recorded('a')).toBe(true)
  })

  it('that is on record for another request stops the replay', async () => {
    const { store, steps } = memory()
    await open(store).perform(tool('a'), async () => ({ value: 1 }))
    const other = open(store, steps).perform({ ...tool('a'), request: { other: true } }, async () => ({ value: 2 }))
    await expect(other).rejects.toSatisfy((error) => isGanderError(error, 'replay_diverged'))
  })

  it('sees the limits it was first performed under, however much was added since', async () => {
    const { store, steps } = memory()
    await open(store).perform(tool('a'), async () => ({ value: 1 }))
    const richer = { ...DEFAULT_LIMITS, max_steps: 900 }
    const resumed = open(store, steps, richer)
    expect(resumed.budget().limits.max_steps).toBe(DEFAULT_LIMITS.max_steps)
    await resumed.perform(tool('a'), async () => ({ value: 1 }))
    expect(resumed.budget().limits.max_steps).toBe(900)
  })

  it('that does not fit the budget is not begun', async () => {
    const { store } = memory('budget_exhausted')
    const asked = open(store).perform(tool('a'), async () => ({ value: 1 }))
    await expect(asked).rejects.toSatisfy(
      (error) => error instanceof BudgetExhausted && error.verdict.budget === 'steps',
    )
  })

  it('of a worker that lost its lease is refused', async () => {
    const { store } = memory('lease_lost')
    const asked = open(store).perform(tool('a'), async () => ({ value: 1 }))
    await expect(asked).rejects.toSatisfy((error) => isGanderError(error, 'lease_lost'))
  })
})
