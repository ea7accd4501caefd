/** How often a test was run more than once on one tree, and how many of these outcomes disagreed with the usual one. */
export interface FlakeCount {
  readonly outcomes: number
  readonly disagreeing: number
}

/** A share with the bounds within which it lies in 19 of 20 cases; wide where little was seen. */
export interface FlakeScore extends FlakeCount {
  readonly share: number
  readonly lower: number
  readonly upper: number
}

const Z = 1.96

/** Wilson's interval: it holds for a handful of outcomes, where a bare share would claim what nobody saw. */
export function flakeScore({ outcomes, disagreeing }: FlakeCount): FlakeScore {
  if (outcomes === 0) return { outcomes, disagreeing, share: 0, lower: 0, upper: 1 }
  const share = disagreeing / outcomes
  const z = Z ** 2 / outcomes
  const middle = (share + z / 2) / (1 + z)
  const half = (Z * Math.sqrt((share * (1 - share)) / outcomes + z / (4 * outcomes))) / (1 + z)
  return { outcomes, disagreeing, share, lower: Math.max(0, middle - half), upper: Math.min(1, middle + half) }
}

/** Known as flaky: it disagreed, and with 95 % certainty in at least one of a hundred outcomes. */
export const isKnownFlaky = (count: FlakeCount): boolean => count.disagreeing > 0 && flakeScore(count).lower >= 0.01

/** Says a score for people. */
export function flakeText(count: FlakeCount): string {
  const { share, lower, upper, outcomes, disagreeing } = flakeScore(count)
  const percent = (value: number) => `${Math.round(value * 100)} %`
  return `${disagreeing} of ${outcomes} repeated outcomes disagreed: ${percent(share)}, between ${percent(lower)} and ${percent(upper)}`
}

/** How often a test failed of the times it was run on one tree. */
export interface FailureCount {
  readonly failed: number
  readonly outcomes: number
}

/** Below it chance is no explanation any more. */
const ALPHA = 0.05
/** Fewer outcomes of the base commit than this excuse nothing. */
export const ENOUGH_OUTCOMES = 5

/**
 * True where chance explains that a test failed every time on the proposed tree: the base commit was seen often enough,
 * and a test that fails as often as there would fail so many times in a row in more than one of twenty cases.
 */
export function isExplainedByChance(base: FailureCount, head: FailureCount): boolean {
  if (base.outcomes < ENOUGH_OUTCOMES || base.failed === base.outcomes) return false
  return (base.failed / base.outcomes) ** head.outcomes > ALPHA
}

/** True where a test fails significantly more often than on the base commit: Fisher's exact test, one-sided, p ≤ 0.05. */
export function failsMoreOften(base: FailureCount, head: FailureCount): boolean {
  const failed = base.failed + head.failed
  const all = base.outcomes + head.outcomes
  let probability = 0
  for (let count = head.failed; count <= Math.min(failed, head.outcomes); count++)
    probability += (choose(head.outcomes, count) * choose(base.outcomes, failed - count)) / choose(all, failed)
  return head.failed > 0 && probability <= ALPHA
}

function choose(from: number, count: number): number {
  if (count < 0 || count > from) return 0
  let ways = 1
  for (let at = 0; at < count; at++) ways = (ways * (from - at)) / (at + 1)
  return ways
}
