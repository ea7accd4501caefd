import { describe, expect, it } from 'vitest'
import { CHECKS, type AskedPlan, type PlanAsk, type VerificationPlan } from '#domain/verification'
import { askedByRepository, drawPlan } from './draw-plan.ts'

/** A sequence that is the same for a seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function anyTerms(next: (below: number) => number): PlanAsk {
  const maybe = <Value>(value: Value): Value | undefined => (next(2) === 0 ? undefined : value)
  return {
    required: maybe(CHECKS.filter(() => next(4) === 0)),
    mutants: maybe(1 + next(20)),
    kill_ratio: maybe(next(101) / 100),
    coverage: maybe(next(101) / 100),
    minutes: maybe(1 + next(30)),
  }
}

const DEPTHS = ['altered', 'sampled', 'always'] as const
const share = (one: number | null) => one ?? -1

function isNoWeaker(one: VerificationPlan, than: VerificationPlan): boolean {
  return (
    than.required.every((check) => one.required.includes(check)) &&
    DEPTHS.indexOf(one.strength_when) >= DEPTHS.indexOf(than.strength_when) &&
    one.mutants >= than.mutants &&
    share(one.kill_ratio) >= share(than.kill_ratio) &&
    share(one.coverage) >= share(than.coverage) &&
    one.minutes >= than.minutes &&
    than.asked_for.every(({ check }) => one.asked_for.some((each) => each.check === check))
  )
}

describe('terms of a plan', () => {
  it('never make it weaker, whoever adds them and in whatever order (300 seeds)', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = numbers(seed)
      const tier = (['low', 'medium', 'high', 'critical'] as const)[next(4)] ?? 'low'
      const asked: AskedPlan[] = Array.from({ length: next(4) }, () => ({ by: 'one', terms: anyTerms(next) }))
      const facts = { tier, task_class: 'code_change', is_fix: next(2) === 0, run_minutes: 1 + next(120) }
      const [without, some] = [drawPlan(facts), drawPlan({ ...facts, asked })]
      const more = drawPlan({ ...facts, asked: [{ by: 'another', terms: anyTerms(next) }, ...asked] })
      expect(isNoWeaker(some, without), `seed ${seed}`).toBe(true)
      expect(isNoWeaker(more, some), `seed ${seed}`).toBe(true)
      const turned = drawPlan({ ...facts, asked: asked.toReversed() })
      expect(isNoWeaker(turned, some) && isNoWeaker(some, turned), `seed ${seed}`).toBe(true)
    }
  })

  it('a higher tier is never weaker, and a plan takes no more of a short run than its share', () => {
    const at = (tier: 'low' | 'medium' | 'high' | 'critical', run_minutes?: number) =>
      drawPlan({ tier, task_class: 'code_change', is_fix: false, ...(run_minutes !== undefined && { run_minutes }) })
    expect(isNoWeaker(at('medium'), at('low'))).toBe(true)
    expect(isNoWeaker(at('high'), at('medium'))).toBe(true)
    expect(isNoWeaker(at('critical'), at('high'))).toBe(true)
    expect(at('medium', 20).minutes).toBe(1)
    expect(at('medium', 600).minutes).toBe(at('medium').minutes)
  })

  it('a repository asks for more of some paths and kinds of task only', () => {
    const plan = {
      mutants: 5,
      where: [
        { paths: ['src/pay/**'], kill_ratio: 0.8 },
        { paths: ['src/pay'], task_classes: ['bug_*'], coverage: 0.9 },
      ],
    }
    const ask = (paths: readonly string[], task_class: string) =>
      askedByRepository({ plan, found_by: '.gander/verify.yaml' }, { paths, task_class }).map(({ terms }) => terms)
    expect(ask(['docs/a.md'], 'bug_fix')).toEqual([{ mutants: 5 }])
    expect(ask(['docs/a.md', 'src/pay/card.ts'], 'code_change')).toEqual([{ mutants: 5 }, { kill_ratio: 0.8 }])
    expect(ask(['src/pay/card.ts'], 'bug_fix')).toHaveLength(3)
  })
})
