import { describe, expect, test } from 'vitest'
import { stopFor, type KillSwitch, type SwitchQuestion, type SwitchReading } from '#domain/kill-switch'
import { LOCAL_TENANT } from '#domain/ids'
import type { GuestBudget, GuestStart, ModelAnswer, ModelCall, Switches } from '#ports'
import { guardGuestBudget, guardModelCalls } from './guard-models.ts'
import { createSwitchBoard } from './switch-board.ts'

const QUESTION: SwitchQuestion = {
  tenant_id: LOCAL_TENANT,
  campaign_id: null,
  repository: '/srv/repo',
  capability: 'bug_fix',
}

/** Switches in memory, that can fail and lose rows. */
function memory() {
  const held: { switches: KillSwitch[]; moves: number; fails: boolean; reads: number } = {
    switches: [],
    moves: 0,
    fails: false,
    reads: 0,
  }
  let changed = (): void => {}
  const stop = (level: 'global' | 'tenant', epoch: number, actions: KillSwitch['actions']): void => {
    const scope = level === 'global' ? ({ level } as const) : ({ level, tenant_id: LOCAL_TENANT } as const)
    held.switches = [
      ...held.switches.filter((each) => each.scope.level !== level),
      { scope, actions, epoch, moved_by: 'ada', moved_at: '', reason: 'drill' },
    ]
    held.moves += 1
    changed()
  }
  const switches: Pick<Switches, 'read' | 'questionOf' | 'watch'> = {
    read: async (): Promise<SwitchReading> => {
      held.reads += 1
      if (held.fails) throw new Error('away')
      return { switches: held.switches, moves: held.moves, read_at: '' }
    },
    questionOf: async (_, run) => (run === 'run_known' ? QUESTION : undefined),
    watch: async (call) => {
      changed = call
      return async () => {}
    },
  }
  let now = 1_000_000
  const board = createSwitchBoard({ switches, clock: { now: () => now } })
  return { held, stop, board, hint: () => changed(), pass: (ms: number) => (now += ms) }
}

describe('the board of switches', () => {
  test('a reading counts for a second and not longer', async () => {
    const { held, board, pass } = memory()
    await board.standing(QUESTION)
    pass(999)
    await board.standing(QUESTION)
    expect(held.reads).toBe(1)
    pass(1)
    await board.standing(QUESTION)
    expect(held.reads).toBe(2)
  })

  test('a hint ends it at once', async () => {
    const { board, stop } = memory()
    await board.standing(QUESTION)
    stop('global', 1, ['cancel_running_runs'])
    expect(stopFor(await board.standing(QUESTION), 'work', QUESTION)?.by).toContain('ada, kill switch over everything')
  })

  test('KI-03 what was read last is believed for less than ten seconds, then everything counts as stopped', async () => {
    const { held, board, pass } = memory()
    await board.standing(QUESTION)
    held.fails = true
    pass(9_999)
    expect(await board.standing(QUESTION)).toEqual({ known: true, switches: [] })
    pass(1)
    expect(await board.standing(QUESTION)).toEqual({ known: false })
    for (const act of ['admit', 'lease', 'work', 'publish', 'shell_network'] as const)
      expect(stopFor({ known: false }, act, QUESTION)).toBeDefined()
    held.fails = false
    pass(1_000)
    expect(await board.standing(QUESTION)).toMatchObject({ known: true })
  })

  test('KI-03 what cannot be taken back is not done on an old reading', async () => {
    const { held, board } = memory()
    await board.standing(QUESTION)
    held.fails = true
    expect(await board.standingNow(QUESTION)).toEqual({ known: false })
  })

  test('KI-03 a switch that is gone, or whose epoch went back, is no release', async () => {
    const { held, board, stop, pass } = memory()
    stop('tenant', 1, ['no_pull_requests'])
    await board.standing(QUESTION)
    held.switches = []
    pass(5_000)
    expect(stopFor(await board.standing(QUESTION), 'publish', QUESTION)?.action).toBe('no_pull_requests')
    pass(5_000)
    expect(await board.standing(QUESTION)).toEqual({ known: false })
  })

  test('KI-03 a process that never saw the switch finds that one is missing', async () => {
    const { held, board } = memory()
    held.moves = 1
    expect(await board.standing(QUESTION)).toEqual({ known: false })
  })
})

const CALL = { run_id: 'run_known', tenant_id: LOCAL_TENANT, call_key: 'k' } as unknown as ModelCall
const nobody = async () => undefined
const ANSWER = { status: 'failed', kind: 'overloaded', message: '', retry_after_ms: null, retryable: true } as const

describe('KI-01 at the model gateway', () => {
  test('KI-01 a call under way is cut and answered as stopped, and the next is not sent', async () => {
    const { board, stop } = memory()
    const provider = Promise.withResolvers<ModelAnswer>()
    let sent = 0
    let cut: AbortSignal | undefined
    const answering = (_: ModelCall, signal: AbortSignal) => {
      sent += 1
      cut = signal
      return provider.promise
    }
    const ask = guardModelCalls({ answer: answering, check: board, cancelledBy: nobody })
    const answer = ask(CALL)
    await new Promise((settle) => setTimeout(settle, 10))
    stop('tenant', 1, ['cancel_running_runs'])
    expect(await answer).toMatchObject({ status: 'failed', kind: 'stopped', retryable: false })
    expect(cut?.aborted).toBe(true)
    expect(await ask(CALL)).toMatchObject({ kind: 'refused_by_policy' })
    expect(sent).toBe(1)
    provider.resolve(ANSWER)
  })

  test('KI-03 a call under way is heard to its end while nobody can tell what is stopped, and its caller is let go', async () => {
    const { board, held, hint, pass } = memory()
    const provider = Promise.withResolvers<ModelAnswer>()
    let cut: AbortSignal | undefined
    const answering = (_: ModelCall, signal: AbortSignal) => {
      cut = signal
      held.fails = true
      pass(10_000)
      return provider.promise
    }
    const answer = guardModelCalls({ answer: answering, check: board, cancelledBy: nobody })(CALL)
    await expect.poll(() => cut).toBeDefined()
    hint()
    expect(await answer).toMatchObject({ kind: 'stopped' })
    expect(cut?.aborted).toBe(false)
    provider.resolve(ANSWER)
  })

  test('KI-01 a call goes through while only publication is stopped', async () => {
    const { board, stop } = memory()
    stop('tenant', 1, ['no_pull_requests'])
    const ask = guardModelCalls({ answer: async () => ANSWER, check: board, cancelledBy: nobody })
    expect(await ask(CALL)).toEqual(ANSWER)
  })

  test('KI-01 a guest has no money and no standing while its run is stopped, and has both otherwise', async () => {
    const { board, stop } = memory()
    const start: GuestStart = { tenant_id: LOCAL_TENANT, run_id: 'run_known', fence: 1, key_prefix: 'p' }
    const budget = {
      standing: async () => 'held',
      reserve: async () => ({ status: 'reserved', pressure: 0 }),
    } as unknown as GuestBudget
    const guarded = guardGuestBudget(budget, board)
    const wanted = {} as Parameters<GuestBudget['reserve']>[1]
    expect([await guarded.standing(start), (await guarded.reserve(start, wanted)).status]).toEqual(['held', 'reserved'])
    stop('global', 1, ['cancel_running_runs'])
    expect([await guarded.standing(start), (await guarded.reserve(start, wanted)).status]).toEqual([
      'cancelled',
      'cancelled',
    ])
  })
})
