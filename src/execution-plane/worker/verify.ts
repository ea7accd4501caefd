import type { Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import { isKilled, spoiltBy, type VerificationProfile, type VerificationReport } from '#domain/verification'
import { limitsOf } from '#execution-plane/sandbox'
import { judgeVerification, reproduction, verifyTree, type VerifyRequest } from '#execution-plane/verifier'
import { gateAnswered, need, type Ending, type Execution } from './execution.ts'
import { flakyAtBase, knownFlaky, rememberFlakes } from './known-flaky.ts'
import { baselineKey, keepBaseline, reusedBaseline } from './kept-baseline.ts'
import { heldToTestNumbers } from './level-numbers.ts'
import { MOST_SPOILT, settleFlaky } from './settle-flaky.ts'
import { startAgain } from './start-again.ts'

/** A verification by its tree and what it is for: `as` is the end of its key, `profile` a part of the run's own. */
export interface Look {
  readonly tree: string
  readonly as?: string
  readonly profile?: VerificationProfile
  /** What measures which lines its phases reach; absent: nothing is measured. */
  readonly measure?: VerifyRequest['measure']
}

/** Runs the profile on a tree in a clean sandbox, once per tree and end of its key. */
export async function verify(execution: Execution, look: Look): Promise<VerificationReport> {
  const { tree, as = '', profile: own, measure } = look
  const { found, journal } = execution
  const known = found.reports.get(`${tree}${as}`)
  if (known !== undefined) return known
  const profile = own ?? need(execution, 'profile')
  const request = { tree, profile: profile.version }
  const value = await journal.perform({ key: `verify:${tree}${as}`, kind: 'verification', request }, async () => {
    const kept = baselineKey(execution, { tree, as, profile })
    const earlier = kept === undefined ? undefined : await reusedBaseline(execution, kept)
    if (earlier?.kind === 'reused') return earlier.outcome
    const done = await verifyNow(execution, { tree, profile, ...(measure && { measure }) })
    if (kept !== undefined) await keepBaseline(execution, kept, done)
    const events = [...(earlier?.kind === 'refused' ? [earlier.event] : []), ...done.events]
    return { value: done.report as unknown as Json, events, artifacts: done.artifacts }
  })
  // What is on record under this key is the report that was put there.
  const report = value as unknown as VerificationReport
  found.reports.set(`${tree}${as}`, report)
  return report
}

/** A sandbox that cannot be opened for a moment is tried again; a tree that is not exported is only looked at. */
function verifyNow(
  execution: Execution,
  { tree, profile, measure }: Pick<VerifyRequest, 'tree' | 'profile' | 'measure'>,
): ReturnType<typeof verifyTree> {
  const { parts, run, found, signal } = execution
  const sandbox = need(execution, 'sandbox')
  const isWhole = profile.version === need(execution, 'profile').version
  return startAgain(parts.clock, signal, () =>
    verifyTree({
      run_id: run.id,
      profile,
      repository: need(execution, 'repository'),
      tree,
      setup_layer: found.setup_layer ?? null,
      driver: parts.driver,
      redactor: parts.redactor,
      artifacts: parts.artifacts,
      limits: limitsOf(sandbox),
      ...(isWhole && { artifact_export: sandbox.artifact_export }),
      longest_seconds: sandbox.resources.command_minutes * 60,
      clock: parts.clock,
      signal,
      ...(measure && { measure }),
    }),
  )
}

/** Starts the baseline at the base commit; it runs beside planning and is awaited before the first edit. */
export function startBaseline(execution: Execution): Promise<VerificationReport> {
  const { found } = execution
  const baseline = (found.baseline ??= verifyBase(execution))
  // Whoever awaits it sees the failure; until then it must not count as unhandled.
  baseline.catch(() => undefined)
  return baseline
}

/** The base commit as it is: what a machine spoilt is verified anew, and a sandbox that is killed each time is no base. */
async function verifyBase(execution: Execution): Promise<VerificationReport> {
  const { tree } = need(execution, 'repository').source
  let report = await verify(execution, { tree })
  for (let time = 1; time <= MOST_SPOILT && spoiltBy(report) !== undefined; time++)
    report = await verify(execution, { tree, as: `:sound:${time}` })
  return report
}

/** Waits for the baseline and says why a run cannot go on without one. */
export async function settleBaseline(execution: Execution): Promise<Ending | undefined> {
  const { found } = execution
  const report = await startBaseline(execution)
  found.before = report
  if (report.phases.some(isKilled))
    return {
      kind: 'end',
      state: 'failed',
      failure: 'sandbox_unavailable',
      what: 'The machine kept the base commit from being verified.',
      why: spoiltBy(report) ?? report.reason,
    }
  const flaky = await flakyAtBase(execution, report, (time) =>
    verify(execution, { tree: report.tree, as: again(time) }),
  )
  found.reproduction ??= reproduction(report, execution.task, flaky)
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

/** The end of a repetition's key; the first is named as it always was. */
const again = (time: number): string => (time === 1 ? ':again' : `:again:${time}`)

/** Compares the proposed tree with the baseline by test id and records the verdict. */
export async function judgeTree(execution: Execution, tree: string, round: number): Promise<Verdict> {
  const { found, journal, task } = execution
  const baseline = need(execution, 'before')
  const first = await verify(execution, { tree })
  const { base_repeats } = found
  const times = need(execution, 'profile').repeats
  const ground = { baseline, base_repeats, known_flaky: knownFlaky(execution), times }
  const { head, repeats, failures } = await settleFlaky(ground, first, (time) =>
    verify(execution, { tree, as: again(time) }),
  )
  await rememberFlakes(execution, `flakes:${round}`, repeats.length === 0 ? [] : [head, ...repeats])
  const judged = judgeVerification(baseline, head, task, failures)
  const clean = judged.answer === 'pass' ? repeats.findLast((report) => report.outcome === 'passed') : undefined
  found.after = clean ?? head
  found.failures = failures
  const verdict = heldToTestNumbers(execution, judged)
  found.verdicts.set('verification', verdict)
  await journal.perform({ key: `gate:verification:${round}`, kind: 'gate', request: { tree } }, async () => ({
    value: verdict.answer,
    events: [gateAnswered(verdict)],
  }))
  return verdict
}
