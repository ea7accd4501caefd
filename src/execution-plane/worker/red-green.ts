import type { Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import {
  asksForRed,
  disagreeing,
  proveTests,
  redGreenRule,
  spoiltBy,
  withoutReach,
  type ChangedLineCoverage,
  type RedGreenReport,
  type UnsteadyTest,
  type VerificationReport,
} from '#domain/verification'
import { isSnapshot, isTestFile } from '#execution-plane/patch'
import {
  absenceTerms,
  broughtBy,
  compilersOf,
  composeRed,
  focusedProfile,
  judgeRedGreen,
  partsOfChange,
  REACHING,
  reachingProfile,
  redGreenText,
  relationOf,
  repeatedProfile,
  reproducedLater,
  type ChangedText,
} from '#execution-plane/verifier'
import { gateAnswered, keep, need, reproductionRecorded, type Execution } from './execution.ts'
import { knownFlaky } from './known-flaky.ts'
import { readProofTexts, relationGround, type ProofTexts } from './proof-ground.ts'
import { canReach, measureReach } from './reach.ts'
import { USUAL_TIMES } from './settle-flaky.ts'
import { verify } from './verify.ts'

/**
 * Shows that the tests of a change prove it: they run on a tree that has them without the change, which no sandbox of the
 * agent ever saw, and the new ones run again and again on the proposed tree.
 */
export async function judgeProof(execution: Execution, tree: string, round: number): Promise<Verdict> {
  const { found, journal } = execution
  const { report, without } = await look(execution, tree)
  const evidence = (without?.phases ?? []).flatMap((phase) => phase.log_sha256 ?? [])
  const verdict = judgeRedGreen({ report, evidence, ...unavailableFor(without) })
  found.red_green = report
  found.verdicts.set('red_green', verdict)
  const shown = { tests: report.tests, red_tree: report.tree, evidence }
  const later = found.reproduction && reproducedLater(found.reproduction, shown)
  if (later !== undefined) found.reproduction = later
  const events = later === undefined ? [] : [reproductionRecorded(later)]
  await journal.perform({ key: `gate:red_green:${round}`, kind: 'gate', request: { tree } }, async () => {
    const artifact = await keep(
      execution,
      'red_green',
      `red-green-${tree.slice(0, 12)}.json`,
      JSON.stringify(report, null, 2),
    )
    return { value: verdict.answer as Json, events: [gateAnswered(verdict), ...events], artifacts: [artifact] }
  })
  return verdict
}

/** Why the tests gave no result without the change that counts: what a machine spoilt is no answer of theirs. */
function unavailableFor(without: VerificationReport | undefined): { readonly unavailable?: string } {
  if (without === undefined) return {}
  const why = without.outcome === 'unavailable' ? without.reason : spoiltBy(without)
  return why === undefined ? {} : { unavailable: why }
}

/** What an agent reads of the gate when it has to repair. */
export const explainProof = ({ found }: Execution, verdict: Verdict): string =>
  found.red_green === undefined ? verdict.reason : redGreenText(found.red_green, verdict)

interface Seen {
  readonly report: RedGreenReport
  /** Undefined where no tree had to be made. */
  readonly without: VerificationReport | undefined
}

async function look(execution: Execution, head_tree: string): Promise<Seen> {
  const { task } = execution
  const repository = need(execution, 'repository')
  const base = need(execution, 'before')
  const head = need(execution, 'after')
  const change = partsOfChange(need(execution, 'change').files, (path) => isTestFile(path) || isSnapshot(path))
  const files = change.tests.filter(({ kind }) => kind !== 'deleted').map(({ path }) => path)
  const rule = redGreenRule({
    capability: task.capability,
    agent: task.agent.kind,
    is_fix: task.is_fix,
    code_files: change.code.length,
    test_files: change.tests.length,
  })
  const base_tree = repository.source.tree
  const asked = asksForRed(rule)
  const red = asked ? await composeRed(repository, { base: base_tree, head: head_tree }, change) : undefined
  const texts = asked ? await readProofTexts(execution, change) : { code: [], tests: [] }
  const [without, repeats] = await Promise.all([
    red === undefined ? base : verifyRed(execution, red, files),
    repeatNew(execution, { head, files, code: texts.code }),
  ])
  const ground = { files, texts, reports: { base, without, head }, reach: repeats.reach }
  const report: RedGreenReport = {
    schema: 'gander.red-green/v1',
    rule,
    base_tree,
    head_tree,
    tree: red ?? null,
    test_files: change.tests.map(({ path }) => path),
    ...(asked ? await proved(execution, ground) : { tests: [] }),
    repeated: repeats.orders.length,
    orders: repeats.orders,
    unsteady: repeats.unsteady,
  }
  return { report, without: red === undefined ? undefined : without }
}

interface ProofGround {
  readonly files: readonly string[]
  readonly texts: ProofTexts
  readonly reports: Pick<Parameters<typeof proveTests>[0], 'base' | 'without' | 'head'>
  readonly reach: ChangedLineCoverage | undefined
}

/** What the tests prove, held to what they have to do with the change and to what they reach of it. */
async function proved(
  execution: Execution,
  { files, texts, reports, reach: known }: ProofGround,
): Promise<Pick<RedGreenReport, 'tests' | 'absence' | 'reach'>> {
  const { base, head } = reports
  const { code } = texts
  const relations = await relationGround(execution, texts, [base, head])
  const found = proveTests({
    ...reports,
    flaky: new Set(knownFlaky(execution).keys()),
    relation: (test) => relationOf(test, relations),
    brings: broughtBy(code),
  })
  const isRed = found.some(({ proof }) => proof === 'red_green')
  const others = [...relations.others.keys()]
  // What turned green without being touched was not among the files that were measured so far.
  const isKnown = known !== undefined && !(missesAll(known) && others.length > 0)
  const reach = isKnown || !isRed ? known : await reachOf(execution, [...files, ...others], code)
  const tests = reach?.measured === true && missesAll(reach) ? withoutReach(found, reach.by) : found
  const absence = absenceTerms({ tests, base, task: relations.task, code, test_texts: texts.tests })
  return { tests, ...(absence && { absence }), ...(reach && { reach }) }
}

const missesAll = (reach: ChangedLineCoverage): boolean => reach.measured && reach.covered === 0

/** What a machine spoilt is run once more; what it spoils again is no answer of the tests. */
async function verifyRed(execution: Execution, tree: string, files: readonly string[]): Promise<VerificationReport> {
  const profile = focusedProfile(need(execution, 'profile'), files)
  const report = await verify(execution, { tree, as: ':red', profile })
  return spoiltBy(report) === undefined ? report : verify(execution, { tree, as: ':red:again', profile })
}

/** The changed lines that these test files reach, where nothing measured that already. */
async function reachOf(
  execution: Execution,
  files: readonly string[],
  code: readonly ChangedText[],
): Promise<ChangedLineCoverage | undefined> {
  const whole = need(execution, 'profile')
  if (files.length === 0 || !canReach(whole, code)) return undefined
  const profile = reachingProfile(compilersOf(whole), whole, files)
  const { tree } = need(execution, 'after')
  return (await verify(execution, { tree, as: ':reach', profile, measure: measureReach(whole, code) })).coverage
}

interface Repeats {
  readonly orders: readonly string[]
  readonly unsteady: readonly UnsteadyTest[]
  readonly reach?: ChangedLineCoverage
}

interface NewTests {
  readonly head: VerificationReport
  readonly files: readonly string[]
  readonly code: readonly ChangedText[]
}

/** New tests once more and once more, in other orders; what the base commit has as well is not asked of this change. */
async function repeatNew(execution: Execution, { head, files, code }: NewTests): Promise<Repeats> {
  const known = new Set(testsOf(need(execution, 'before')).map(({ id }) => id))
  const isNew = testsOf(head).some(({ id, outcome }) => !known.has(id) && outcome !== 'skipped')
  if (!isNew || files.length === 0) return { orders: [], unsteady: [] }
  const whole = need(execution, 'profile')
  const { profile: again, orders } = repeatedProfile(whole, files, (whole.repeats ?? USUAL_TIMES) - 1)
  const reaching = canReach(whole, code)
  const profile = reaching ? reachingProfile(again, whole, files) : again
  const measure = reaching ? { measure: measureReach(whole, code) } : {}
  const report = await verify(execution, { tree: head.tree, as: ':steady', profile, ...measure })
  const repeated = report.phases.filter(({ id }) => !id.endsWith(REACHING))
  const times = [head, ...repeated.map((phase) => ({ phases: [phase] }))]
  const unsteady = disagreeing(times)
    .filter(({ id }) => !known.has(id))
    .map(({ id, passed, outcomes }) => ({ id, passed, outcomes }))
  return { orders, unsteady, ...(report.coverage && { reach: report.coverage }) }
}

const testsOf = (report: VerificationReport) => report.phases.flatMap((phase) => phase.tests)
