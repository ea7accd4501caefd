import type { Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import type {
  AskedPlan,
  BaseTests,
  ProfilePhase,
  StrengthReport,
  VerificationPlan,
  VerificationProfile,
  VerificationReport,
} from '#domain/verification'
import { limitsOf } from '#execution-plane/sandbox'
import {
  askedByRepository,
  asksForOtherBehaviour,
  bentTests,
  composeBaseTests,
  drawPlan,
  findRungs,
  judgeStrength,
  makingPhases,
  partOfProfile,
  planRows,
  readTestsOfChange,
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
  const plan = await planOf(execution, profile, round)
  const tests = await readTestsOfChange(need(execution, 'change'), need(execution, 'repository'))
  const wish: Wish = { tree, plan, tests, depth: depthOf(plan, tests) }
  const based = await runBaseTests(execution, wish)
  const other_behaviour = asksForOtherBehaviour(task)
  const isBent = based.base_tests.bent.length > 0 && !other_behaviour
  const trials =
    wish.depth === 'none' || isBent ? leftOut(plan, isBent) : await runTrials(execution, wish, based.report)
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
  const ground = { report, other_behaviour, unreadable }
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

/** What is asked of a tree: nothing here, the base commit's tests and a few mutants, or all that the plan names. */
interface Wish {
  readonly tree: string
  readonly plan: VerificationPlan
  readonly tests: TestsOfChange
  readonly depth: 'none' | 'sample' | 'full'
}

function depthOf({ strength_when }: VerificationPlan, { altered }: TestsOfChange): Wish['depth'] {
  if (strength_when === 'always' || altered.length > 0) return 'full'
  return strength_when === 'sampled' ? 'sample' : 'none'
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

/**
 * The plan as it was drawn when the tree was first looked at: policy and limits may be others by the time a run is
 * resumed, and what was tried under one plan must not be judged by another.
 */
async function planOf(execution: Execution, profile: VerificationProfile, round: number): Promise<VerificationPlan> {
  const { found, task, journal } = execution
  const { files, head_tree } = need(execution, 'change')
  const key = `verification_plan:${round}`
  const value = await journal.perform({ key, kind: 'gate', request: { tree: head_tree } }, async () => {
    const about = { paths: files.map(({ path }) => path), task_class: task.capability }
    const plan = drawPlan({
      tier: found.risk?.tier ?? 'medium',
      task_class: task.capability,
      is_fix: task.is_fix,
      run_minutes: journal.budget().limits.max_minutes,
      asked: [...askedByRepository(profile, about), ...askedByPolicy(execution, about)],
    })
    return { value: plan as unknown as Json }
  })
  // What is on record under this key was put there above.
  return value as unknown as VerificationPlan
}

const askedByPolicy = (
  { parts }: Execution,
  about: { readonly paths: readonly string[]; readonly task_class: string },
): readonly AskedPlan[] => parts.run_policy?.requiredPlan(about) ?? []

function leftOut({ tier }: VerificationPlan, isBent: boolean): Trials {
  const reason = isBent
    ? 'tests of the base commit fail against the proposed sources, which is no already'
    : `the plan of ${tier} risk asks for it only where tests of the base commit are altered`
  return { coverage: { measured: false, reason }, mutants: [], kill_ratio: null, mutants_reason: reason }
}

interface Based {
  readonly base_tests: BaseTests
  readonly report?: VerificationReport
}

/** The tests of the base commit in the place of the proposed ones, over the proposed sources. */
async function runBaseTests(execution: Execution, { tree, tests, depth }: Wish): Promise<Based> {
  const { altered, kept = [] } = tests
  const none = (reason: string): Based => ({ base_tests: { ran: false, reason, tree: null, bent: [] } })
  if (depth === 'none') return none('no line of a test of the base commit was changed or removed')
  const mixed = await composeBaseTests(need(execution, 'repository'), tree, tests)
  const said = kept.length > 0 ? { kept } : {}
  if (mixed === tree) {
    const reason = 'the proposed tree has them as they were, and the verification ran them'
    return { base_tests: { ran: true, reason, tree, bent: [], ...said } }
  }
  const report = await verifyTests(execution, mixed)
  if (report.outcome === 'unavailable') return none(`they could not be run: ${report.reason}`)
  const { bent } = bentOf(execution, report)
  const named = altered.map(({ path }) => path)
  const reason =
    named.length === 0
      ? 'as on the base commit, without what the change adds'
      : `${named.slice(0, 3).join(', ')}${named.length > 3 ? ` and ${named.length - 3} more` : ''} as on the base commit`
  return { base_tests: { ran: true, reason, tree: mixed, bent: bent.map(({ id }) => id), ...said }, report }
}

/** Only what makes the program and tests it: how it looks was asked of the proposed tree. */
function verifyTests(execution: Execution, tree: string): Promise<VerificationReport> {
  const profile = need(execution, 'profile')
  const phases = makingPhases(profile)
  if (phases.length === profile.phases.length) return verify(execution, { tree, as: ':base_tests' })
  return verify(execution, { tree, as: ':base_tests', profile: partOfProfile({ ...profile, phases }) })
}

const bentOf = (execution: Execution, mixed: VerificationReport) =>
  bentTests(need(execution, 'before'), mixed, need(execution, 'after'))

/** Coverage and mutants: each is on record as soon as it was tried, so a resumed run tries none again. */
async function runTrials(
  execution: Execution,
  { tree, plan, tests, depth }: Wish,
  mixed: VerificationReport | undefined,
): Promise<Trials> {
  const { parts, run, found, journal, signal } = execution
  const profile = need(execution, 'profile')
  const done = (found.trials ??= new Map<string, Trials>())
  const name = `${tree}:${plan.tier}:${plan.version.slice(0, 12)}`
  const known = done.get(name)
  if (known !== undefined) return known
  const request = { tree, plan: plan.version, profile: profile.version }
  const trials = await tryMutants({
    run_id: run.id,
    profile,
    plan,
    sample: depth === 'sample',
    change: need(execution, 'change'),
    repository: need(execution, 'repository'),
    after: need(execution, 'after'),
    base_tests_tree: tests.altered.length === 0 ? null : (mixed?.tree ?? null),
    base_tests_report: mixed,
    setup_layer: found.setup_layer ?? null,
    driver: parts.driver,
    limits: limitsOf(need(execution, 'sandbox')),
    redactor: parts.redactor,
    artifacts: parts.artifacts,
    clock: parts.clock,
    signal,
    once: (part, act) =>
      journal.perform({ key: `mutants:${name}:${part}`, kind: 'verification', request }, async () => ({
        value: await act(),
      })),
  })
  done.set(name, trials)
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
