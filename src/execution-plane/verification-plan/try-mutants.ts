import type { Change } from '#domain/change'
import type {
  ChangedLineCoverage,
  MutantResult,
  StrengthReport,
  VerificationPlan,
  VerificationProfile,
  VerificationReport,
} from '#domain/verification'
import { isTestKind, phaseKind } from '#domain/verification'
import { coverChangedLines, openCoverage, type LineHits } from '#execution-plane/line-coverage'
import { mutated, shownText, type Mutant } from '#execution-plane/mutation'
import type { PhaseRun, PhaseTools } from '#execution-plane/verifier'
import type { ArtifactStore, RunRepository, Sandbox, SandboxDriver, SandboxLimits, SetupLayer } from '#ports'
import { pickMutants, readSources, type Sources } from './pick-mutants.ts'
import { passingIds, putSource, runPhases, testsOf, trialPhases } from './trial-ground.ts'

/** What is needed to try the tests of a proposed tree. */
export interface TrialRequest extends PhaseTools {
  readonly run_id: string
  readonly profile: VerificationProfile
  readonly plan: VerificationPlan
  readonly change: Change
  readonly repository: Pick<RunRepository, 'checkoutTree' | 'readFile' | 'listFiles'>
  /** The verification of the proposed tree, which tells how long its tests take. */
  readonly after: VerificationReport
  /** The tree with the tests of the base commit; null where the base commit's tests were not altered. */
  readonly base_tests_tree: string | null
  readonly setup_layer: SetupLayer | null
  readonly driver: SandboxDriver
  readonly limits: SandboxLimits
}

/** What came of it. */
export type Trials = Pick<StrengthReport, 'coverage' | 'mutants' | 'kill_ratio' | 'mutants_reason'>

/** Nobody reads the log of a mutant. */
const NOWHERE: ArtifactStore = {
  put: async () => ({ sha256: '0'.repeat(64), bytes: 0 }),
  get: async () => undefined,
  locate: async () => undefined,
}

/**
 * Measures what the proposed tests reach and which planted defects they notice, in one sandbox that is used for nothing
 * else; one file is changed and put back for each mutant. What slips through is shown to the tests of the base commit, in
 * a sandbox of their own. Ends when the plan's minutes are over, and says so.
 * @throws GanderError as the driver's `open` and the repository
 */
export async function tryMutants(given: TrialRequest): Promise<Trials> {
  const request = { ...given, artifacts: NOWHERE }
  const sources = await readSources(request)
  const deadline = request.clock.now() + request.plan.minutes * 60_000
  const ground = await openGround(request, sources, { tree: request.change.head_tree, deadline })
  try {
    const coverage = coverageOf(sources, ground)
    if (ground.passing.length === 0)
      return { coverage, mutants: [], kill_ratio: null, mutants_reason: 'no test passes when it is run once more' }
    const picked = await pickMutants(request, sources, ground.hits)
    const tried = await tryEach(picked, ground)
    const mutants = await beforeBaseTests(request, { sources, deadline, tried })
    return { coverage, mutants, ...summed(mutants, request.plan.mutants) }
  } finally {
    await ground.sandbox.close()
  }
}

/** A sandbox over a tree in which its tests have run once without a mutant. */
interface Ground {
  readonly request: TrialRequest
  readonly sources: Sources
  readonly sandbox: Sandbox
  readonly phases: ReturnType<typeof trialPhases>
  readonly passing: readonly string[]
  readonly took_ms: number
  readonly deadline: number
  readonly hits: readonly LineHits[] | undefined
  readonly measured: ChangedLineCoverage | { readonly by: string }
}

async function openGround(
  request: TrialRequest,
  sources: Sources,
  { tree, deadline }: { readonly tree: string; readonly deadline: number },
): Promise<Ground> {
  const { driver, repository, profile, clock } = request
  const checkout = await repository.checkoutTree(tree)
  const writable = { kind: 'memory' } as const
  const { run_id, setup_layer, limits } = request
  const sandbox = await driver.open({ run_id, purpose: 'verify', checkout, setup_layer, writable, limits })
  try {
    const phases = trialPhases(profile, sources.test_files, testTime(request.after))
    const { ecosystem } = profile
    const files = sources.changed.map(({ path }) => path)
    const coverage = await openCoverage({ sandbox, ecosystem, files, source: (path) => sources.texts.get(path) })
    const measuring = phases.map((phase) => (isTestKind(phaseKind(phase)) ? coverage.phase(phase) : phase))
    const from = clock.now()
    const runs = await runPhases(measuring, { sandbox, profile, most_ms: deadline - from }, request)
    const took_ms = clock.now() - from
    const read = await coverage.read()
    const found = read.known
      ? { hits: read.hits, measured: { by: read.by } }
      : { hits: undefined, measured: { measured: false as const, reason: read.reason } }
    return { request, sources, sandbox, phases, passing: passingIds(runs), took_ms, deadline, ...found }
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

const testTime = ({ phases }: VerificationReport): number =>
  phases.filter((phase) => isTestKind(phaseKind(phase))).reduce((sum, { duration_ms }) => sum + duration_ms, 0)

function coverageOf({ changed }: Sources, { hits, measured }: Ground): ChangedLineCoverage {
  if (!('by' in measured) || hits === undefined)
    return 'measured' in measured ? measured : { measured: false, reason: 'nothing was measured' }
  return coverChangedLines(changed, hits, measured.by)
}

async function tryEach(mutants: readonly Mutant[], ground: Ground): Promise<readonly Tried[]> {
  const tried: Tried[] = []
  for (const mutant of mutants) tried.push(await tryOne(mutant, ground))
  return tried
}

interface Tried {
  readonly mutant: Mutant
  readonly result: Pick<MutantResult, 'outcome' | 'noticed_by'>
}

async function tryOne(mutant: Mutant, ground: Ground): Promise<Tried> {
  const { request, sandbox, sources, phases, deadline, took_ms, hits } = ground
  const { clock, profile, signal } = request
  signal?.throwIfAborted()
  const source = sources.texts.get(mutant.path)
  // What no test reaches no test notices.
  if (isMissed(mutant, hits)) return { mutant, result: { outcome: 'survived' } }
  const left = deadline - clock.now()
  if (source === undefined || left < took_ms) return { mutant, result: { outcome: 'not_run' } }
  const most_ms = Math.min(left, took_ms * 3 + 2_000)
  if (!(await putSource(sandbox, mutant.path, mutated(source, mutant), signal)))
    return { mutant, result: { outcome: 'not_run' } }
  const runs = await runPhases(phases, { sandbox, profile, most_ms }, request)
  await putSource(sandbox, mutant.path, source, signal)
  return { mutant, result: noticed(runs, ground) }
}

function isMissed({ path, line }: Mutant, hits: readonly LineHits[] | undefined): boolean {
  const file = hits?.find((one) => one.path === path)
  return file !== undefined && file.executable.has(line) && !file.hit.has(line)
}

const COMPILED: ReadonlySet<string> = new Set(['java', 'go', 'rust'])

function noticed(runs: readonly PhaseRun[], { passing, request }: Ground): Tried['result'] {
  const bad = runs.find(({ report }) => report.outcome !== 'passed')?.report
  const kind = bad?.diagnosis?.classification
  const compiles = COMPILED.has(request.profile.ecosystem) || bad?.tests.length === 0
  const built = [...testsOf(runs).keys()].every((id) => !/::\((?:build|package|target)\)$/.test(id))
  if ((kind === 'compile_error' && compiles) || (COMPILED.has(request.profile.ecosystem) && !built))
    return { outcome: 'invalid' }
  const now = testsOf(runs)
  const failing = passing.find((id) => ['failed', 'error'].includes(now.get(id)?.outcome ?? ''))
  if (failing !== undefined) return { outcome: 'killed', noticed_by: failing }
  if (bad?.outcome === 'timed_out') return { outcome: 'killed', noticed_by: `${bad.id} takes too long` }
  const gone = bad === undefined ? undefined : passing.find((id) => !now.has(id))
  if (gone !== undefined) return { outcome: 'killed', noticed_by: gone }
  return { outcome: 'survived' }
}

/** Shows what slipped through to the tests of the base commit: what these notice, the changed ones must notice too. */
async function beforeBaseTests(
  request: TrialRequest,
  {
    sources,
    deadline,
    tried,
  }: { readonly sources: Sources; readonly deadline: number; readonly tried: readonly Tried[] },
): Promise<readonly MutantResult[]> {
  const slipped = tried.filter(({ result }) => result.outcome === 'survived').map(({ mutant }) => mutant)
  const again = new Map<Mutant, Tried['result']>()
  if (request.base_tests_tree !== null && slipped.length > 0) {
    const ground = await openGround(request, sources, { tree: request.base_tests_tree, deadline })
    try {
      for (const { mutant, result } of ground.passing.length === 0 ? [] : await tryEach(slipped, ground))
        if (result.outcome === 'killed') again.set(mutant, { ...result, outcome: 'escaped' })
    } finally {
      await ground.sandbox.close()
    }
  }
  return tried.map(({ mutant, result }) => asResult(mutant, again.get(mutant) ?? result))
}

const asResult = ({ path, line, operator, before, after }: Mutant, result: Tried['result']): MutantResult => ({
  path,
  line,
  operator,
  before: shownText(before),
  after: shownText(after),
  ...result,
})

function summed(mutants: readonly MutantResult[], planned: number): Pick<Trials, 'kill_ratio' | 'mutants_reason'> {
  const count = (...outcomes: readonly MutantResult['outcome'][]) =>
    mutants.filter(({ outcome }) => outcomes.includes(outcome)).length
  const valid = count('killed', 'survived', 'escaped')
  const kill_ratio = valid === 0 ? null : count('killed') / valid
  if (mutants.length === 0) return { kill_ratio, mutants_reason: 'no changed line of a source can be mutated' }
  const late = count('not_run')
  if (late > 0)
    return { kill_ratio, mutants_reason: `${late} of ${planned} were not tried: the time of the plan was over` }
  return { kill_ratio }
}
