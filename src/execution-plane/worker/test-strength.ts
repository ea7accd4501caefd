import type { Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import type {
  BaseTests,
  ProfilePhase,
  StrengthReport,
  VerificationPlan,
  VerificationProfile,
  VerificationReport,
} from '#domain/verification'
import { limitsOf } from '#execution-plane/sandbox'
import {
  asksForOtherBehaviour,
  bentTests,
  composeBaseTests,
  drawPlan,
  findRungs,
  judgeStrength,
  partOfProfile,
  planRows,
  testsOfChange,
  tryMutants,
  type FoundRung,
  type TestsOfChange,
  type Trials,
} from '#execution-plane/verification-plan'
import { gateAnswered, keep, need, type Execution } from './execution.ts'
import { verify } from './verify.ts'

/**
 * The gate of test strength: draws the plan from the risk, runs what it asks for besides the profile's tests, and keeps
 * plan and report. Where the plan asks for nothing here, only the plan is drawn and every check says why it was not run.
 */
export async function judgeTestStrength(execution: Execution, tree: string, round: number): Promise<Verdict> {
  const { found, journal, task } = execution
  const profile = need(execution, 'profile')
  const plan = planOf(execution, profile)
  const tests = testsOfChange(need(execution, 'change').files)
  const wanted = plan.strength_when === 'always' || tests.altered.length > 0
  const based = await runBaseTests(execution, { tree, tests, wanted })
  const trials = wanted ? await runTrials(execution, { tree, plan, mixed: based.report?.tree ?? null }) : leftOut(plan)
  const rungs = await runRungs(execution, { tree, plan, profile })
  const { report: mixed, base_tests } = based
  const strength = { base_tests, ...trials }
  const rows = planRows({
    plan,
    before: need(execution, 'before'),
    after: need(execution, 'after'),
    ...rungs,
    strength,
  })
  const report: StrengthReport = { schema: 'gander.test-strength/v1', tree, plan, rows, ...strength }
  found.strength = report
  const unreadable = mixed === undefined ? [] : bentOf(execution, mixed).unreadable
  const ground = { report, other_behaviour: asksForOtherBehaviour(task), unreadable, terms: profile.plan }
  const request = { tree, plan: plan.version }
  const value = await journal.perform({ key: `gate:test_strength:${round}`, kind: 'gate', request }, async () => {
    const kept = await keepReport(execution, report)
    const verdict = judgeStrength({ ...ground, evidence: kept.map(({ sha256 }) => sha256) })
    return { value: verdict as unknown as Json, events: [gateAnswered(verdict)], artifacts: kept }
  })
  // What is on record under this key is the verdict that was put there.
  const verdict = value as unknown as Verdict
  found.verdicts.set('test_strength', verdict)
  return verdict
}

/** What an agent reads when it has to repair after this gate's no. */
export const explainStrength = ({ reason, findings }: Verdict): string =>
  [
    reason,
    ...findings.slice(0, 20).map(({ path, line, message }) => {
      const place = path === undefined ? '' : `${path}${line === undefined ? '' : `:${line}`}: `
      return `- ${place}${message}`
    }),
  ].join('\n')

function planOf({ found, task }: Execution, { plan: terms }: VerificationProfile): VerificationPlan {
  const tier = found.risk?.tier ?? 'medium'
  return drawPlan({ tier, task_class: task.capability, is_fix: task.is_fix, terms })
}

const leftOut = ({ tier }: VerificationPlan): Trials => {
  const reason = `the plan of ${tier} risk asks for it only where tests of the base commit are altered`
  return { coverage: { measured: false, reason }, mutants: [], kill_ratio: null, mutants_reason: reason }
}

interface Based {
  readonly base_tests: BaseTests
  readonly report?: VerificationReport
}

/** The tests of the base commit in the place of the proposed ones, over the proposed sources. */
async function runBaseTests(
  execution: Execution,
  { tree, tests, wanted }: { readonly tree: string; readonly tests: TestsOfChange; readonly wanted: boolean },
): Promise<Based> {
  const none = (reason: string): Based => ({ base_tests: { ran: false, reason, tree: null, bent: [] } })
  if (!wanted || tests.altered.length === 0) return none('no line of a test of the base commit was changed or removed')
  const mixed = await composeBaseTests(need(execution, 'repository'), tree, tests)
  if (mixed === tree) return none('the tests are those of the base commit')
  const report = await verify(execution, { tree: mixed, as: ':base_tests' })
  if (report.outcome === 'unavailable') return none(`they could not be run: ${report.reason}`)
  const { bent } = bentOf(execution, report)
  const named = tests.altered.map(({ path }) => path)
  const reason = `${named.slice(0, 3).join(', ')}${named.length > 3 ? ` and ${named.length - 3} more` : ''} as on the base commit`
  return { base_tests: { ran: true, reason, tree: mixed, bent: bent.map(({ id }) => id) }, report }
}

const bentOf = (execution: Execution, mixed: VerificationReport) =>
  bentTests(need(execution, 'before'), mixed, need(execution, 'after'))

/** Coverage and mutants, on record once for each tree. */
async function runTrials(
  execution: Execution,
  { tree, plan, mixed }: { readonly tree: string; readonly plan: VerificationPlan; readonly mixed: string | null },
): Promise<Trials> {
  const { parts, run, found, journal, signal } = execution
  const profile = need(execution, 'profile')
  const done = (found.trials ??= new Map<string, Trials>())
  const known = done.get(tree)
  if (known !== undefined) return known
  const request = { tree, plan: plan.version, profile: profile.version }
  const value = await journal.perform({ key: `mutants:${tree}`, kind: 'verification', request }, async () => {
    const trials = await tryMutants({
      run_id: run.id,
      profile,
      plan,
      change: need(execution, 'change'),
      repository: need(execution, 'repository'),
      after: need(execution, 'after'),
      base_tests_tree: mixed,
      setup_layer: found.setup_layer ?? null,
      driver: parts.driver,
      limits: limitsOf(need(execution, 'sandbox')),
      redactor: parts.redactor,
      artifacts: parts.artifacts,
      clock: parts.clock,
      signal,
    })
    return { value: trials as unknown as Json }
  })
  // What is on record under this key was put there above.
  const trials = value as unknown as Trials
  done.set(tree, trials)
  return trials
}

interface Rungs {
  readonly rungs: readonly FoundRung[]
  readonly rung_report?: VerificationReport
  readonly base_rung_report?: VerificationReport
}

/** Rungs above unit tests that have a command of their own, where the plan requires them; on the base commit too if they fail. */
async function runRungs(
  execution: Execution,
  {
    tree,
    plan,
    profile,
  }: { readonly tree: string; readonly plan: VerificationPlan; readonly profile: VerificationProfile },
): Promise<Rungs> {
  const repository = need(execution, 'repository')
  const base = repository.source.tree
  const paths = (await repository.listFiles(base)).map(({ path }) => path)
  const read = async (path: string) => {
    const bytes = paths.includes(path) ? await repository.readFile(base, path) : undefined
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
  }
  const rungs = await findRungs({ paths, read }, profile)
  const asked = rungs.filter(({ rung }) => plan.required.includes(rung))
  const phases = asked.flatMap(({ phase }): readonly ProfilePhase[] => (phase === undefined ? [] : [phase]))
  if (phases.length === 0) return { rungs }
  const most = { ...profile, phases: phases.map((phase) => ({ ...phase, timeout_seconds: plan.minutes * 60 })) }
  const own = partOfProfile(most)
  const rung_report = await verify(execution, { tree, as: ':rungs', profile: own })
  if (rung_report.outcome === 'passed') return { rungs, rung_report }
  return { rungs, rung_report, base_rung_report: await verify(execution, { tree: base, as: ':rungs', profile: own }) }
}

async function keepReport(execution: Execution, report: StrengthReport) {
  const { redactor } = execution.parts
  // Texts of mutants are lines of the sources.
  const { text } = await redactor.redact(JSON.stringify(report, null, 2))
  return [
    await keep(execution, 'verification_plan', 'verification-plan.json', JSON.stringify(report.plan, null, 2)),
    await keep(execution, 'test_strength', `test-strength-${report.tree.slice(0, 12)}.json`, text),
  ]
}
