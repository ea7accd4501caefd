import type { ReviewConfidence, ReviewFinding, ReviewSeverity } from './review-report.ts'

/** A reviewer reads few findings and then none: what is said must be worth it. */
const MOST_FINDINGS = 6

const SEVERITY: Readonly<Record<ReviewSeverity, number>> = { blocker: 16, major: 8, question: 4, minor: 3, nit: 1 }
const CONFIDENCE: Readonly<Record<ReviewConfidence, number>> = { high: 1, medium: 0.6, low: 0.25 }
/** Below a nit that is certain. */
const LEAST_WEIGHT = 1

/** What the first findings of a list are chosen by: severity times confidence. */
const weightOf = ({ severity, confidence }: Pick<ReviewFinding, 'severity' | 'confidence'>): number =>
  SEVERITY[severity] * CONFIDENCE[confidence]

interface Ranked {
  readonly kept: readonly ReviewFinding[]
  readonly over_the_limit: number
  readonly of_low_weight: number
}

/**
 * The weightiest findings, at most six. What a check found comes before what a model found of the same weight; the same
 * fingerprint is told once, and so is what one invariant says of one place. The order does not depend on the order in which they were found.
 */
export function rankFindings(findings: readonly ReviewFinding[]): Ranked {
  const sorted = [...findings].sort(
    (one, other) =>
      weightOf(other) - weightOf(one) ||
      one.found_by.localeCompare(other.found_by) ||
      one.file.localeCompare(other.file) ||
      one.fingerprint.localeCompare(other.fingerprint),
  )
  const once = sorted.filter((finding, at) => sorted.findIndex((each) => saysTheSame(each, finding)) === at)
  const worth = once.filter((finding) => weightOf(finding) >= LEAST_WEIGHT)
  return {
    kept: worth.slice(0, MOST_FINDINGS),
    over_the_limit: Math.max(0, worth.length - MOST_FINDINGS),
    of_low_weight: once.length - worth.length,
  }
}

const saysTheSame = (one: ReviewFinding, other: ReviewFinding): boolean =>
  one.fingerprint === other.fingerprint ||
  (one.lines !== null && one.file === other.file && one.lines === other.lines && one.invariant === other.invariant)
