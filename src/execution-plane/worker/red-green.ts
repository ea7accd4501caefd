import type { Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import {
  asksForRed,
  disagreeing,
  proveTests,
  redGreenRule,
  type RedGreenReport,
  type UnsteadyTest,
  type VerificationReport,
} from '#domain/verification'
import { isSnapshot, isTestFile } from '#execution-plane/patch'
import {
  composeRed,
  focusedProfile,
  judgeRedGreen,
  partsOfChange,
  redGreenText,
  repeatedProfile,
  reproducedLater,
} from '#execution-plane/verifier'
import { gateAnswered, keep, need, type Execution } from './execution.ts'
import { knownFlaky } from './known-flaky.ts'
import { verify } from './verify.ts'

/** With the verification itself a new test is run three times. */
const REPEATS = 2

/**
 * Shows that the tests of a change prove it: they run on a tree that has them without the change, which no sandbox of the
 * agent ever saw, and the new ones run again and again on the proposed tree.
 */
export async function judgeProof(execution: Execution, tree: string, round: number): Promise<Verdict> {
  const { found, journal } = execution
  const { report, without } = await look(execution, tree)
  const evidence = (without?.phases ?? []).flatMap((phase) => phase.log_sha256 ?? [])
  const unavailable = without?.outcome === 'unavailable' ? { unavailable: without.reason } : {}
  const verdict = judgeRedGreen({ report, evidence, ...unavailable })
  found.red_green = report
  found.verdicts.set('red_green', verdict)
  const later = found.reproduction && reproducedLater(found.reproduction, report.tests, report.tree)
  if (later !== undefined) found.reproduction = later
  const events = later === undefined ? [] : [{ event: 'reproduction_recorded' as const, facts: { ...later } }]
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
  const red = asksForRed(rule) ? await composeRed(repository, { base: base_tree, head: head_tree }, change) : undefined
  const [without, repeats] = await Promise.all([
    red === undefined ? base : verifyRed(execution, red, files),
    repeatNew(execution, head, files),
  ])
  const flaky = new Set(knownFlaky(execution).keys())
  const report: RedGreenReport = {
    schema: 'gander.red-green/v1',
    rule,
    base_tree,
    head_tree,
    tree: red ?? null,
    test_files: change.tests.map(({ path }) => path),
    tests: asksForRed(rule) ? proveTests({ base, without, head, flaky }) : [],
    repeated: repeats.orders.length,
    orders: repeats.orders,
    unsteady: repeats.unsteady,
  }
  return { report, without: red === undefined ? undefined : without }
}

function verifyRed(execution: Execution, tree: string, files: readonly string[]): Promise<VerificationReport> {
  const profile = focusedProfile(need(execution, 'profile'), files)
  return verify(execution, { tree, as: ':red', profile })
}

interface Repeats {
  readonly orders: readonly string[]
  readonly unsteady: readonly UnsteadyTest[]
}

/** New tests once more and once more, in other orders; what the base commit has as well is not asked of this change. */
async function repeatNew(execution: Execution, head: VerificationReport, files: readonly string[]): Promise<Repeats> {
  const known = new Set(testsOf(need(execution, 'before')).map(({ id }) => id))
  const isNew = testsOf(head).some(({ id, outcome }) => !known.has(id) && outcome !== 'skipped')
  if (!isNew || files.length === 0) return { orders: [], unsteady: [] }
  const { profile, orders } = repeatedProfile(need(execution, 'profile'), files, REPEATS)
  const report = await verify(execution, { tree: head.tree, as: ':steady', profile })
  const times = [head, ...report.phases.map((phase) => ({ phases: [phase] }))]
  const unsteady = disagreeing(times).filter(({ id }) => !known.has(id))
  return { orders, unsteady: unsteady.map(({ id, passed, outcomes }) => ({ id, passed, outcomes })) }
}

const testsOf = (report: VerificationReport) => report.phases.flatMap((phase) => phase.tests)
