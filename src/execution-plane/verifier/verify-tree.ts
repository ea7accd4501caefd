import { createHash } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { addedCuts, redactionEvents, type EventDraft } from '#domain/event'
import type { PathGroups } from '#domain/sandbox'
import { canonicalJson } from '#domain/json'
import {
  shownCommand,
  type ChangedLineCoverage,
  type PhaseReport,
  type ProfilePhase,
  type VerificationProfile,
  type VerificationReport,
} from '#domain/verification'
import type { RunArtifact, RunRepository, Sandbox, SandboxDriver, SandboxLimits, SetupLayer } from '#ports'
import { exportArtifacts } from '#execution-plane/sandbox'
import { secretEvents } from './phase-events.ts'
import { notRun, runPhase, type PhaseRun, type PhaseTools } from './run-phase.ts'

export interface VerifyRequest extends PhaseTools {
  readonly run_id: string
  readonly profile: VerificationProfile
  readonly repository: Pick<RunRepository, 'checkoutTree' | 'listFiles'>
  readonly tree: string
  readonly setup_layer: SetupLayer | null
  readonly driver: SandboxDriver
  readonly limits: SandboxLimits
  /** Files that are kept as artifacts after the phases ran; absent means none. */
  readonly artifact_export?: PathGroups
  /** No command takes longer; absent: as the profile says. */
  readonly longest_seconds?: number
  /** Measures what the phases it alters reach; asked before anything runs in the sandbox. Absent: nothing is measured. */
  readonly measure?: (sandbox: Sandbox) => Promise<CoverageMeasure>
}

/** Coverage of one verification. */
export interface CoverageMeasure {
  /** The phase as it leaves coverage behind; unchanged where it is not asked about. */
  readonly phase: (phase: ProfilePhase) => ProfilePhase
  readonly read: () => Promise<ChangedLineCoverage>
}

export interface Verification {
  readonly report: VerificationReport
  readonly artifacts: readonly RunArtifact[]
  readonly events: readonly EventDraft[]
}

/**
 * Runs a profile on a clean checkout of a tree, in a fresh sandbox without network that nobody worked in before.
 * What the sandbox cannot do is `unavailable`, what the tree does wrong is `failed`.
 * @throws GanderError as the driver's `open` and the repository
 */
export async function verifyTree(request: VerifyRequest): Promise<Verification> {
  const { profile, repository, tree, driver, clock } = request
  const started = clock.now()
  const covered = await coveredBySetup(request)
  const checkout = await repository.checkoutTree(tree)
  const sandbox = await driver.open({
    run_id: request.run_id,
    purpose: 'verify',
    checkout,
    setup_layer: request.setup_layer,
    writable: { kind: 'memory' },
    limits: request.limits,
  })
  try {
    const measure = await request.measure?.(sandbox)
    const runs = covered === undefined ? await runPhases(request, sandbox, measure) : []
    const coverage = await measure?.read()
    const phases = profile.phases.map((phase, at) => runs[at]?.report ?? notRun(phase, skipReason(covered, runs)))
    const judged =
      covered === undefined ? outcomeOf(phases, runs) : ({ outcome: 'unavailable', reason: covered } as const)
    const report: VerificationReport = {
      profile: profile.id,
      profile_version: profile.version,
      tree,
      sandbox_fingerprint: sandbox.fingerprint,
      ...judged,
      phases,
      ...(coverage !== undefined && { coverage }),
      started_at: new Date(started).toISOString(),
      duration_ms: Math.round(clock.now() - started),
    }
    return await recorded(report, [runs, await exported(request, sandbox)], request)
  } finally {
    await sandbox.close()
  }
}

async function runPhases(
  request: VerifyRequest,
  sandbox: Sandbox,
  measure: CoverageMeasure | undefined,
): Promise<readonly PhaseRun[]> {
  const { profile } = request
  const runs: PhaseRun[] = []
  for (const phase of profile.phases) {
    const setting = { sandbox, ecosystem: profile.ecosystem, network: { kind: 'none' }, setup: false } as const
    const timeout_seconds = Math.min(phase.timeout_seconds, request.longest_seconds ?? phase.timeout_seconds)
    const measured = measure === undefined ? phase : measure.phase(phase)
    const run = await runPhase({ ...measured, timeout_seconds }, setting, request)
    runs.push(run)
    if (run.aborted || endsTheRest(profile, run.report)) break
  }
  return runs
}

/**
 * What does not compile has no tests to run, and no later command of an unknown profile has sense. Go is compiled by
 * package: the tests of the others still tell something.
 */
function endsTheRest(profile: VerificationProfile, report: PhaseReport): boolean {
  if (report.outcome === 'passed' || !report.required) return false
  const whole = profile.ecosystem === 'java' || profile.ecosystem === 'rust'
  return profile.ecosystem === 'command' || (whole && report.tests.length === 0)
}

const skipReason = (covered: string | undefined, runs: readonly PhaseRun[]): string =>
  covered ??
  (runs.at(-1)?.aborted === true ? 'the run was cancelled' : `${runs.at(-1)?.report.id ?? 'an earlier phase'} failed`)

function outcomeOf(
  phases: readonly PhaseReport[],
  runs: readonly PhaseRun[],
): Pick<VerificationReport, 'outcome' | 'reason'> {
  if (runs.some((run) => run.aborted)) return { outcome: 'unavailable', reason: 'the verification was cancelled' }
  const tests = phases.flatMap((phase) => phase.tests)
  const failing = tests.filter((test) => test.outcome === 'failed' || test.outcome === 'error').length
  const passing = tests.filter((test) => test.outcome === 'passed').length
  const counted = tests.length === 0 ? '' : `; ${passing} of ${tests.length} tests pass`
  const failed = phases.filter((phase) => phase.required && phase.outcome !== 'passed')
  const first = failed.find((phase) => phase.outcome !== 'not_run')
  if (first === undefined) {
    const warned = phases.filter((phase) => !phase.required && phase.outcome !== 'passed').map((phase) => phase.id)
    const note = warned.length === 0 ? '' : `; optional ${warned.join(', ')} did not pass`
    return { outcome: 'passed', reason: `every required phase passed${counted}${note}` }
  }
  const kind = first.diagnosis === undefined ? first.outcome : first.diagnosis.classification
  const many = failing > 0 ? `: ${failing} of ${tests.length} tests fail` : ''
  return { outcome: 'failed', reason: `${failed.map((phase) => phase.id).join(', ')} failed (${kind})${many}` }
}

interface Kept {
  readonly artifacts: readonly RunArtifact[]
  readonly events: readonly EventDraft[]
}

/** What the sandbox's profile lets out of the verified tree, and a list that names what was asked for but left. */
async function exported(request: VerifyRequest, sandbox: Sandbox): Promise<Kept> {
  const { artifact_export: patterns = [], artifacts, redactor, tree } = request
  if (patterns.length === 0) return { artifacts: [], events: [] }
  const found = await exportArtifacts({ root: sandbox.tree.path, patterns, artifacts, redactor })
  const kept = found.artifacts.map(({ name, sha256, bytes }) => ({ path: name, sha256, bytes }))
  const list = await redactor.redact(JSON.stringify({ tree, kept, left: found.left }, null, 2))
  const stored = await artifacts.put(list.text)
  const name = `export-${tree.slice(0, 12)}.json`
  return {
    artifacts: [...found.artifacts, { ...stored, kind: 'artifact_export', name, data_class: 'internal' }],
    events: redactionEvents('exported files', addedCuts([found.cut, list])),
  }
}

async function recorded(
  report: VerificationReport,
  [runs, kept]: readonly [readonly PhaseRun[], Kept],
  request: VerifyRequest,
): Promise<Verification> {
  const text = JSON.stringify(report, null, 2)
  const stored = await request.artifacts.put(text)
  const artifact: RunArtifact = {
    ...stored,
    kind: 'verification_report',
    name: `verification-${report.tree.slice(0, 12)}.json`,
    data_class: 'internal',
  }
  const tests = runs.map(
    ({ report: phase }): EventDraft => ({
      event: 'test_run',
      facts: { command: shownCommand(phase), result: phase.outcome, report_path: phase.log_sha256 ?? '' },
    }),
  )
  const hash = createHash('sha256').update(canonicalJson(report)).digest('hex')
  const executed: EventDraft = {
    event: 'verifier_executed',
    facts: { profile: report.profile, tree: report.tree, outcome: report.outcome, report_hash: hash },
    result_hash: hash,
  }
  return {
    report,
    artifacts: [...runs.flatMap((run) => run.artifacts), ...kept.artifacts, artifact],
    events: [...tests, executed, ...secretEvents(runs, 'verification log'), ...kept.events],
  }
}

/**
 * The setup layer lies over the checkout. A file of the proposed tree that it covers would not be what is verified,
 * so nothing is run then.
 */
async function coveredBySetup({ setup_layer, repository, tree }: VerifyRequest): Promise<string | undefined> {
  if (setup_layer === null) return undefined
  const tops = new Map<string, boolean>()
  const exists = (path: string) =>
    lstat(join(setup_layer.path, 'tree', path)).then(
      (stat) => stat,
      () => undefined,
    )
  for (const { path } of await repository.listFiles(tree)) {
    const top = path.split('/')[0] ?? path
    if (!tops.has(top)) tops.set(top, (await exists(top)) !== undefined)
    if (tops.get(top) !== true) continue
    const stat = await exists(path)
    if (stat !== undefined && !stat.isDirectory())
      return `${path} of the proposed tree is covered by what setup installed at the same place; remove it from the change or from the setup`
  }
  return undefined
}
