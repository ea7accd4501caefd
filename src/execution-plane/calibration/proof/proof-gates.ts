import type { Change } from '#domain/change'
import { lets, type GateName, type Verdict } from '#domain/gate'
import type { Task } from '#domain/task'
import {
  asksForRed,
  disagreeing,
  proveTests,
  redGreenRule,
  type BaseTests,
  type RedGreenReport,
  type StrengthReport,
  type VerificationProfile,
  type VerificationReport,
} from '#domain/verification'
import { isSnapshot, isTestFile } from '#execution-plane/patch'
import {
  asksForOtherBehaviour,
  bentTests,
  composeBaseTests,
  drawPlan,
  judgeStrength,
  readTestsOfChange,
  tryMutants,
} from '#execution-plane/verification-plan'
import {
  composeRed,
  focusedProfile,
  judgeRedGreen,
  judgeVerification,
  partsOfChange,
  repeatedProfile,
  verifyTree,
} from '#execution-plane/verifier'
import type { RunRepository } from '#ports'
import { composeEdits } from '../compose-edits.ts'
import type { Asked, Edit } from '../sabotage.ts'

/** What trees are run with. */
export interface ProofGround extends Omit<Parameters<typeof verifyTree>[0], 'tree' | 'repository'> {
  readonly repository: RunRepository
}

interface Seen {
  readonly ground: ProofGround
  readonly task: Task
  readonly change: Change
  readonly before: VerificationReport
  readonly after: VerificationReport
}

/** As often as a run repeats new tests, besides their verification. */
const REPEATS = 2
const CAPABILITY = 'code_change'

/**
 * The gates of red-green and of test strength over real trees, asked as a run asks them. A change whose tests fail gets
 * the no of the verification and nothing more. What can only make a no of a no is not run.
 */
export function proofGatesOf(ground: ProofGround) {
  let base: Promise<VerificationReport> | undefined
  return async (edits: readonly Edit[], only?: GateName, asked?: Asked): Promise<readonly Verdict[]> => {
    if (asked === undefined) return []
    const { repository } = ground
    const tree = await composeEdits(repository, edits)
    const change = await repository.diff(repository.source.tree, tree)
    base ??= verify(ground, repository.source.tree)
    const seen = { ground, task: taskOf(asked), change, before: await base, after: await verify(ground, tree) }
    const verified = judgeVerification(seen.before, seen.after, seen.task)
    if (!lets(verified)) return [verified]
    const gates = [
      ...(only === undefined || only === 'red_green' ? [redGreen] : []),
      ...(only === undefined || only === 'test_strength' ? [testStrength] : []),
    ]
    const verdicts: Verdict[] = []
    for (const gate of gates) verdicts.push(await gate(seen))
    return verdicts
  }
}

const verify = async (ground: ProofGround, tree: string, profile: VerificationProfile = ground.profile) =>
  (await verifyTree({ ...ground, profile, tree })).report

async function redGreen({ ground, task, change, before, after }: Seen): Promise<Verdict> {
  const { repository, profile } = ground
  const parts = partsOfChange(change.files, (path) => isTestFile(path) || isSnapshot(path))
  const files = parts.tests.filter(({ kind }) => kind !== 'deleted').map(({ path }) => path)
  const rule = redGreenRule({
    capability: CAPABILITY,
    agent: 'native',
    is_fix: task.is_fix,
    code_files: parts.code.length,
    test_files: parts.tests.length,
  })
  const trees = { base: change.base_tree, head: change.head_tree }
  const tree = asksForRed(rule) ? await composeRed(repository, trees, parts) : undefined
  const without = tree === undefined ? before : await verify(ground, tree, focusedProfile(profile, files))
  const tests = asksForRed(rule) ? proveTests({ base: before, without, head: after, flaky: new Set() }) : []
  const report: RedGreenReport = {
    schema: 'gander.red-green/v1',
    rule,
    base_tree: trees.base,
    head_tree: trees.head,
    tree: tree ?? null,
    test_files: parts.tests.map(({ path }) => path),
    tests,
    repeated: 0,
    orders: [],
    unsteady: [],
  }
  const unavailable = without.outcome === 'unavailable' ? { unavailable: without.reason } : {}
  const once = judgeRedGreen({ report, evidence: [], ...unavailable })
  if (!lets(once) || files.length === 0) return once
  return judgeRedGreen({ report: { ...report, ...(await repeated({ ground, before, after }, files)) }, evidence: [] })
}

async function repeated(
  { ground, before, after }: Pick<Seen, 'ground' | 'before' | 'after'>,
  files: readonly string[],
) {
  const { profile, orders } = repeatedProfile(ground.profile, files, REPEATS)
  const again = await verify(ground, after.tree, profile)
  const known = new Set(before.phases.flatMap(({ tests }) => tests).map(({ id }) => id))
  const times = [after, ...again.phases.map((phase) => ({ phases: [phase] }))]
  const unsteady = disagreeing(times).filter(({ id }) => !known.has(id))
  return {
    repeated: orders.length,
    orders,
    unsteady: unsteady.map(({ id, passed, outcomes }) => ({ id, passed, outcomes })),
  }
}

/** By the plan of high risk, which asks of every change that its tests notice planted defects. */
async function testStrength({ ground, task, change, before, after }: Seen): Promise<Verdict> {
  const { repository } = ground
  const plan = drawPlan({ tier: 'high', task_class: CAPABILITY, is_fix: task.is_fix })
  const tests = await readTestsOfChange(change, repository)
  const mixed = tests.altered.length === 0 ? null : await composeBaseTests(repository, change.head_tree, tests)
  const of_base = mixed === null || mixed === change.head_tree ? undefined : await verify(ground, mixed)
  const { bent, unreadable } = of_base === undefined ? { bent: [], unreadable: [] } : bentTests(before, of_base, after)
  const base_tests: BaseTests = {
    ran: of_base !== undefined,
    reason: of_base === undefined ? 'no test of the base commit was altered' : 'tests as on the base commit',
    tree: of_base === undefined ? null : mixed,
    bent: bent.map(({ id }) => id),
  }
  const trials =
    bent.length > 0
      ? NO_TRIALS
      : await tryMutants({
          ...ground,
          plan,
          change,
          after,
          base_tests_tree: of_base === undefined ? null : mixed,
          base_tests_report: of_base,
        })
  const report: StrengthReport = {
    schema: 'gander.test-strength/v1',
    tree: change.head_tree,
    plan,
    rows: [],
    base_tests,
    ...trials,
  }
  return judgeStrength({ report, other_behaviour: asksForOtherBehaviour(task), unreadable, evidence: [] })
}

const NO_TRIALS: Pick<StrengthReport, 'coverage' | 'mutants' | 'kill_ratio'> = {
  coverage: { measured: false, reason: 'a test was bent' },
  mutants: [],
  kill_ratio: null,
}

function taskOf({ title, objective, is_fix }: Asked): Task {
  const words = { title, objective, success_criteria: [], constraints: [] }
  // These gates read the contract's words; nothing else of a task exists here.
  return { ...words, is_fix, capability: CAPABILITY } as unknown as Task
}
