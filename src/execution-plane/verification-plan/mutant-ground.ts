import type { Change } from '#domain/change'
import type { Json } from '#domain/json'
import {
  isTestKind,
  phaseKind,
  type ChangedLineCoverage,
  type MutantResult,
  type VerificationPlan,
  type VerificationProfile,
  type VerificationReport,
} from '#domain/verification'
import { openCoverage, type LineHits } from '#execution-plane/line-coverage'
import { mutated, type Mutant } from '#execution-plane/mutation'
import type { PhaseRun, PhaseTools } from '#execution-plane/verifier'
import type { ArtifactStore, RunRepository, Sandbox, SandboxDriver, SandboxLimits, SetupLayer } from '#ports'
import type { Sources } from './pick-mutants.ts'
import { passingIds, putSource, runPhases, testsOf, trialPhases } from './trial-ground.ts'

/** What is needed to try the tests of a proposed tree. */
export interface TrialRequest extends PhaseTools {
  readonly run_id: string
  readonly profile: VerificationProfile
  readonly plan: VerificationPlan
  /** True: a few mutants of changed lines and no coverage; absent: all that the plan asks for. */
  readonly sample?: boolean
  readonly change: Change
  readonly repository: Pick<RunRepository, 'checkoutTree' | 'readFile' | 'listFiles'>
  /** The verification of the proposed tree, which tells what passes and how long its tests take. */
  readonly after: VerificationReport
  /** The tree with the tests of the base commit; null where these tests were not altered. */
  readonly base_tests_tree: string | null
  /** The verification of that tree; absent: its tests are run once more before mutants are shown to them. */
  readonly base_tests_report?: VerificationReport | undefined
  readonly setup_layer: SetupLayer | null
  readonly driver: SandboxDriver
  readonly limits: SandboxLimits
  /** Gives what is on record under the name of a part; acts where nothing is, and records it. Absent: there is no record. */
  readonly once?: (part: string, act: () => Promise<Json>) => Promise<Json>
}

/** What tests do to an unchanged tree: what passes, how long they take, and what finding out took. */
export interface Begun {
  readonly passing: readonly string[]
  readonly took_ms: number
  readonly used_ms: number
}

/** A mutant and what came of it. */
export interface Tried {
  readonly mutant: Mutant
  readonly result: Pick<MutantResult, 'outcome' | 'noticed_by'>
}

/** A tree whose tests are tried in a sandbox, which is opened as soon as something has to run there. */
export interface Ground {
  readonly begin: () => Promise<Begun>
  /** As `begin`, by a run that is measured. */
  readonly measure: () => Promise<Begun & Measured>
  readonly tryOne: (mutant: Mutant, begun: Begun, left_ms: number) => Promise<Tried['result'] & { readonly ms: number }>
  readonly close: () => Promise<void>
}

interface Measured {
  readonly hits: readonly LineHits[] | undefined
  readonly measured: ChangedLineCoverage | { readonly by: string }
}

/** Nobody reads the log of a mutant. */
const NOWHERE: ArtifactStore = {
  put: async () => ({ sha256: '0'.repeat(64), bytes: 0 }),
  get: async () => undefined,
  locate: async () => undefined,
}

/** A tree, and its verification where there is one. */
interface Tree {
  readonly tree: string
  readonly report: VerificationReport | undefined
}

/** Prepares to try a tree. */
export function openGround(given: TrialRequest, sources: Sources, { tree, report }: Tree): Ground {
  const request = { ...given, artifacts: NOWHERE }
  const { profile, plan, clock, signal } = request
  const phases = trialPhases(profile, sources.test_files, testTime(report ?? request.after))
  const known = report === undefined ? undefined : reportedBy(report, phases)
  let opened: Promise<Sandbox> | undefined
  const sandbox = () => (opened ??= openSandbox(request, tree))
  const timed = async <Value>(act: (at: Sandbox) => Promise<Value>) => {
    const at = await sandbox()
    const from = clock.now()
    return { value: await act(at), ms: Math.round(clock.now() - from) }
  }
  const most_ms = plan.minutes * 60_000
  return {
    async begin() {
      if (known !== undefined) return known
      const { value, ms } = await timed((at) => runPhases(phases, { sandbox: at, profile, most_ms }, request))
      return { passing: passingIds(value), took_ms: ms, used_ms: ms }
    },
    async measure() {
      const { value, ms } = await timed((at) => measure(request, sources, { sandbox: at, phases }))
      const { runs, ...measured } = value
      return { passing: passingIds(runs), took_ms: ms, used_ms: ms, ...measured }
    },
    async tryOne(mutant, begun, left_ms) {
      signal?.throwIfAborted()
      const source = sources.texts.get(mutant.path)
      const { value, ms } = await timed(async (at): Promise<Tried['result']> => {
        if (source === undefined || !(await putSource(at, mutant.path, mutated(source, mutant), signal)))
          return { outcome: 'not_run' }
        const most = Math.min(left_ms, begun.took_ms * 3 + 2_000)
        const runs = await runPhases(phases, { sandbox: at, profile, most_ms: most }, request)
        await putSource(at, mutant.path, source, signal)
        return noticed(runs, begun.passing, profile)
      })
      return { ...value, ms }
    },
    async close() {
      await opened?.then(
        (one) => one.close(),
        () => undefined,
      )
    },
  }
}

async function openSandbox(request: TrialRequest, tree: string): Promise<Sandbox> {
  const { driver, repository, run_id, setup_layer, limits } = request
  const checkout = await repository.checkoutTree(tree)
  const writable = { kind: 'memory' } as const
  return driver.open({ run_id, purpose: 'verify', checkout, setup_layer, writable, limits })
}

/** What a report tells of these very phases; undefined where they are not the profile's own. */
function reportedBy(report: VerificationReport, phases: ReturnType<typeof trialPhases>): Begun | undefined {
  const own = phases.flatMap(({ id }) => report.phases.filter((phase) => phase.id === id))
  if (own.length !== phases.length) return undefined
  const passing = own.flatMap(({ tests }) => tests.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id))
  // A fresh sandbox builds anew what an earlier phase left for these.
  const took_ms = report.phases.reduce((sum, { duration_ms }) => sum + duration_ms, 0)
  return { passing, took_ms, used_ms: 0 }
}

async function measure(
  request: TrialRequest,
  sources: Sources,
  at: { readonly sandbox: Sandbox; readonly phases: ReturnType<typeof trialPhases> },
): Promise<Measured & { readonly runs: readonly PhaseRun[] }> {
  const { profile, plan } = request
  const { sandbox, phases } = at
  const { ecosystem } = profile
  const files = sources.changed.map(({ path }) => path)
  const coverage = await openCoverage({ sandbox, ecosystem, files, source: (path) => sources.texts.get(path) })
  const measuring = phases.map((phase) => (isTestKind(phaseKind(phase)) ? coverage.phase(phase) : phase))
  const runs = await runPhases(measuring, { sandbox, profile, most_ms: plan.minutes * 60_000 }, request)
  const read = await coverage.read()
  if (read.known) return { runs, hits: read.hits, measured: { by: read.by } }
  return { runs, hits: undefined, measured: { measured: false, reason: read.reason } }
}

const testTime = ({ phases }: VerificationReport): number =>
  phases.filter((phase) => isTestKind(phaseKind(phase))).reduce((sum, { duration_ms }) => sum + duration_ms, 0)

const COMPILED: ReadonlySet<string> = new Set(['java', 'go', 'rust'])

function noticed(
  runs: readonly PhaseRun[],
  passing: readonly string[],
  { ecosystem }: VerificationProfile,
): Tried['result'] {
  const bad = runs.find(({ report }) => report.outcome !== 'passed')?.report
  const kind = bad?.diagnosis?.classification
  const compiles = COMPILED.has(ecosystem) || bad?.tests.length === 0
  const built = [...testsOf(runs).keys()].every((id) => !/::\((?:build|package|target)\)$/.test(id))
  if ((kind === 'compile_error' && compiles) || (COMPILED.has(ecosystem) && !built)) return { outcome: 'invalid' }
  const now = testsOf(runs)
  const failing = passing.find((id) => ['failed', 'error'].includes(now.get(id)?.outcome ?? ''))
  if (failing !== undefined) return { outcome: 'killed', noticed_by: failing }
  if (bad?.outcome === 'timed_out') return { outcome: 'killed', noticed_by: `${bad.id} takes too long` }
  const gone = bad === undefined ? undefined : passing.find((id) => !now.has(id))
  if (gone !== undefined) return { outcome: 'killed', noticed_by: gone }
  return { outcome: 'survived' }
}
