import { isGanderError } from '#domain/failure'
import type { LeasedRun, WorkerIdentity } from '#ports'
import { handBack, type Drain } from './drain.ts'
import { executeRun } from './execute-run.ts'
import { partsOf, type WorkerGround } from './execution.ts'

/** Milliseconds between looks into an empty queue. */
export const LOOK_AGAIN_MS = 500

/** What whoever runs a worker may hear of it. */
export type WorkerNote =
  | { readonly kind: 'took' | 'put_down'; readonly run: string }
  | { readonly kind: 'queue_away' | 'queue_back'; readonly why: string }

/** What a hand works by. */
export interface HandParts {
  readonly ground: WorkerGround
  readonly identity: WorkerIdentity
  readonly drain: Drain
  readonly note: (note: WorkerNote) => void
  /** Why nothing is leased at present; undefined where there is no reason. */
  readonly holdOff: () => string | undefined
}

/** One run after the other. What breaks a run is the run's; what breaks the queue is waited out, and told once. */
export async function takeTurns(hand: HandParts): Promise<void> {
  const { ground, drain, note } = hand
  let away = false
  while (!drain.asked.aborted) {
    try {
      const leased = hand.holdOff() === undefined ? await ground.stores.lease(hand.identity) : undefined
      if (away) note({ kind: 'queue_back', why: 'the database answers again' })
      away = false
      if (leased === undefined) await ground.clock.sleep(LOOK_AGAIN_MS, drain.asked).catch(() => undefined)
      else await workOn(hand, leased)
    } catch (error) {
      if (!away) note({ kind: 'queue_away', why: error instanceof Error ? error.message : String(error) })
      away = true
      await ground.clock.sleep(LOOK_AGAIN_MS, drain.asked).catch(() => undefined)
    }
  }
}

async function workOn({ ground, drain, note }: HandParts, leased: LeasedRun): Promise<void> {
  const parts = partsOf(ground, leased.run.tenant_id)
  note({ kind: 'took', run: leased.run.id })
  try {
    const left = await executeRun(parts, leased, drain)
    if (left === undefined) await handBack(parts, leased, 'worker_left')
  } catch (error) {
    const away = isGanderError(error) && error.retryable
    await handBack(parts, leased, away ? 'worker_left' : 'worker_gave_back')
  } finally {
    note({ kind: 'put_down', run: leased.run.id })
  }
}
