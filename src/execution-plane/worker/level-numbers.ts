import type { Finding, Verdict } from '#domain/gate'
import { tooManyFiles, unmetByReview, unmetByTests } from '#domain/workflow'
import { workflowOf } from './checkpoints.ts'
import { need, type Ending, type Execution } from './execution.ts'

/** The verdict of the tests held to the figures of the run's level; only a yes can become a no. */
export function heldToTestNumbers(execution: Execution, verdict: Verdict): Verdict {
  const { found, task } = execution
  const tests = (found.after?.phases ?? []).flatMap((phase) => phase.tests)
  const failing = tests.filter(({ outcome }) => outcome === 'failed' || outcome === 'error').length
  const coverage = task.agreement?.coverage ?? null
  return held(verdict, unmetByTests(workflowOf(execution).gates, { coverage, failing }))
}

/** The verdict of the review held to them. A rule or a command has no review, and the figures then ask for none. */
export function heldToReviewNumbers(execution: Execution, verdict: Verdict): Verdict {
  const { judgement } = execution.found
  if (judgement === undefined) return verdict
  const blockers = judgement.required_human_attention.length
  const critical = judgement.checks.risk === 'high' ? 1 : 0
  return held(verdict, unmetByReview(workflowOf(execution).gates, { blockers, critical }))
}

/** The end of a run whose change is larger than its level publishes; undefined where it is not. */
export function publicationTooLarge(execution: Execution): Ending | undefined {
  const why = tooManyFiles(workflowOf(execution).gates, need(execution, 'change').files.length)
  if (why === undefined) return undefined
  const what = 'The change is larger than its level publishes.'
  return { kind: 'end', state: 'needs_human', failure: 'evidence_missing', what, why: `${why}.` }
}

function held(verdict: Verdict, unmet: readonly Finding[]): Verdict {
  if (verdict.answer !== 'pass' || unmet.length === 0) return verdict
  const reason = `not enough for the level of this run: ${unmet.map(({ message }) => message).join('; ')}`
  return { ...verdict, answer: 'fail', decided_by: 'deterministic', reason, findings: [...unmet, ...verdict.findings] }
}
