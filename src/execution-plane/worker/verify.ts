import type { Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import { compareTests, type VerificationReport } from '#domain/verification'
import { limitsOf } from '#execution-plane/sandbox'
import { diagnosisText, judgeVerification, reproduction, verifyTree } from '#execution-plane/verifier'
import { gateAnswered, need, type Ending, type Execution } from './execution.ts'
import { heldToTestNumbers } from './level-numbers.ts'
import { settleFlaky } from './settle-flaky.ts'

/** A model reads at most this much of a diagnosis. */
const DIAGNOSIS_CHARACTERS = 6_000

/** Runs the profile on a tree in a clean sandbox, once per tree; `again` names a repetition. */
export async function verify(execution: Execution, tree: string, again = ''): Promise<VerificationReport> {
  const { parts, run, found, journal, signal } = execution
  const known = found.reports.get(`${tree}${again}`)
  if (known !== undefined) return known
  const profile = need(execution, 'profile')
  const sandbox = need(execution, 'sandbox')
  const request = { tree, profile: profile.version }
  const value = await journal.perform({ key: `verify:${tree}${again}`, kind: 'verification', request }, async () => {
    const done = await verifyTree({
      run_id: run.id,
      profile,
      repository: need(execution, 'repository'),
      tree,
      setup_layer: found.setup_layer ?? null,
      driver: parts.driver,
      redactor: parts.redactor,
      artifacts: parts.artifacts,
      limits: limitsOf(sandbox),
      artifact_export: sandbox.artifact_export,
      longest_seconds: sandbox.resources.command_minutes * 60,
      clock: parts.clock,
      signal,
    })
    return { value: done.report as unknown as Json, events: done.events, artifacts: done.artifacts }
  })
  // What is on record under this key is the report that was put there.
  const report = value as unknown as VerificationReport
  found.reports.set(`${tree}${again}`, report)
  return report
}

/** Starts the baseline at the base commit; it runs beside planning and is awaited before the first edit. */
export function startBaseline(execution: Execution): Promise<VerificationReport> {
  const { found } = execution
  const baseline = (found.baseline ??= verify(execution, need(execution, 'repository').source.tree))
  // Whoever awaits it sees the failure; until then it must not count as unhandled.
  baseline.catch(() => undefined)
  return baseline
}

/** Waits for the baseline and says why a run cannot go on without one. */
export async function settleBaseline(execution: Execution): Promise<Ending | undefined> {
  const { found } = execution
  const report = await startBaseline(execution)
  found.before = report
  found.reproduction = reproduction(report, execution.task)
  const noTests = report.phases.some((phase) => phase.diagnosis?.classification === 'no_tests')
  if (report.outcome !== 'unavailable' && !noTests) return undefined
  const what = noTests
    ? 'The verification profile found no tests on the base commit.'
    : 'The base commit could not be verified.'
  return {
    kind: 'end',
    state: 'failed',
    failure: noTests ? 'no_verifier' : 'baseline_broken',
    what,
    why: report.reason,
  }
}

/** Compares the proposed tree with the baseline by test id and records the verdict. */
export async function judgeTree(execution: Execution, tree: string, round: number): Promise<Verdict> {
  const { found, journal } = execution
  const before = need(execution, 'before')
  const first = await verify(execution, tree)
  const judged = judgeVerification(before, first, execution.task)
  const settled = await settleFlaky(judged, async () => {
    const report = await verify(execution, tree, ':again')
    return { report, verdict: judgeVerification(before, report, execution.task) }
  })
  found.after = settled.report ?? first
  const verdict = heldToTestNumbers(execution, settled.verdict)
  found.verdicts.set('verification', verdict)
  await journal.perform({ key: `gate:verification:${round}`, kind: 'gate', request: { tree } }, async () => ({
    value: verdict.answer,
    events: [gateAnswered(verdict)],
  }))
  return verdict
}

/** The short form of a report that an agent reads. */
export function explain(execution: Execution, report: VerificationReport): string {
  const before = execution.found.before
  const delta = before === undefined ? undefined : compareTests(before, report)
  return diagnosisText(report, delta, DIAGNOSIS_CHARACTERS)
}
