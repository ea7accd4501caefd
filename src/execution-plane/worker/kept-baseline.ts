import { createHash } from 'node:crypto'
import { isGanderError } from '#domain/failure'
import { canonicalJson, type Json } from '#domain/json'
import type { EventDraft } from '#domain/event'
import type { Trust } from '#domain/task'
import { spoiltBy, type VerificationProfile, type VerificationReport } from '#domain/verification'
import type { Verification } from '#execution-plane/verifier'
import type { KeptBaseline, StepOutcome } from '#ports'
import { need, type Execution, type Found } from './execution.ts'

const KEPT_SECONDS = 7 * 24 * 60 * 60
/** Whose runs may leave a report behind; the others only use what these left. */
const KEEPERS: readonly Trust[] = ['operator', 'merged', 'member']

/** What is verified, and by which profile; `as` is the end of its key in the journal. */
interface BaseLook {
  readonly tree: string
  readonly as: string
  readonly profile: VerificationProfile
}

/** Hex SHA-256 over all that decides a report of the base commit; undefined where it may not be taken over. */
export function baselineKey(execution: Execution, { tree, as, profile }: BaseLook): string | undefined {
  const { parts, task, found } = execution
  const { fingerprint, setup_inputs } = found
  const isBase = tree === found.repository?.source.tree && profile.version === found.profile?.version
  const setup = (profile.setup ?? []).length === 0 ? 'none' : (setup_inputs ?? null)
  if (parts.proof_records === undefined || !isBase || fingerprint === undefined || setup === null) return undefined
  const sandbox = need(execution, 'sandbox').version
  const { repository } = task
  const of = {
    schema: 'gander.baseline/v1',
    repository,
    tree,
    as,
    profile: profile.version,
    fingerprint,
    setup,
    sandbox,
  }
  return createHash('sha256')
    .update(canonicalJson({ ...of, driver: parts.driver.name }))
    .digest('hex')
}

/** What became of a report that an earlier run of the same tenant kept. */
export type KeptLook =
  | { readonly kind: 'none' }
  | { readonly kind: 'reused'; readonly outcome: StepOutcome<Json> }
  /** What is there is not what was kept, so the base is verified anew; the event says so. */
  | { readonly kind: 'refused'; readonly event: EventDraft }

/** The report an earlier run kept, as this run puts it on record. */
export async function reusedBaseline(execution: Execution, key: string): Promise<KeptLook> {
  const { parts, found } = execution
  const kept = await parts.proof_records?.baseline(key)
  if (kept === undefined) return { kind: 'none' }
  const report = await readReport(execution, kept)
  const reason = typeof report === 'string' ? report : otherThan(report, found)
  if (typeof report === 'string' || reason !== undefined) {
    const facts = { tree: found.repository?.source.tree ?? '', kept_by: kept.run_id, reason: reason ?? '' }
    return { kind: 'refused', event: { event: 'baseline_recomputed', facts } }
  }
  const value: VerificationReport = { ...report, reused_from: kept.run_id }
  const facts = {
    profile: report.profile,
    tree: report.tree,
    outcome: report.outcome,
    report_hash: kept.report_sha256,
    reused_from: kept.run_id,
  }
  const events = [{ event: 'verifier_executed' as const, facts, result_hash: kept.report_sha256 }]
  return { kind: 'reused', outcome: { value: value as unknown as Json, events, artifacts: kept.artifacts } }
}

/** Why a report is about something else than this run asks for. */
function otherThan(report: VerificationReport, { repository, profile, fingerprint }: Found): string | undefined {
  if (report.tree !== repository?.source.tree) return 'the kept report is about another tree'
  if (report.profile_version !== profile?.version) return 'the kept report was made by another profile'
  if (report.sandbox_fingerprint !== fingerprint) return 'the kept report was made in another environment'
  return undefined
}

/** Keeps a report that any later run would get as well: none of a machine that failed, or of a run that was stopped. */
export async function keepBaseline({ parts, run, task }: Execution, key: string, done: Verification): Promise<void> {
  const stored = done.artifacts.find(({ kind }) => kind === 'verification_report')
  const ended = done.report.phases.every(({ outcome }) => outcome === 'passed' || outcome === 'failed')
  const isSound = ended && spoiltBy(done.report) === undefined && done.report.outcome !== 'unavailable'
  if (stored === undefined || !isSound || !KEEPERS.includes(task.trust)) return
  const kept: KeptBaseline = { run_id: run.id, report_sha256: stored.sha256, artifacts: done.artifacts }
  await parts.proof_records?.keepBaseline(key, kept, KEPT_SECONDS)
}

/** The report, or why what was kept cannot be read as one. */
async function readReport({ parts }: Execution, kept: KeptBaseline): Promise<VerificationReport | string> {
  try {
    for (const { sha256, name } of kept.artifacts)
      if ((await parts.artifacts.locate(sha256)) === undefined) return `${name} of the kept report is gone`
    const bytes = await parts.artifacts.get(kept.report_sha256)
    if (bytes === undefined) return 'the kept report is gone'
    const report: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    // The store checked the hash: these are the bytes that a run of this program put there, unless a row was altered.
    return isReport(report) ? report : 'what was kept is no report of a verification'
  } catch (error) {
    if (isGanderError(error, 'artifact_corrupt')) return 'the bytes of the kept report are not those that were kept'
    if (error instanceof SyntaxError) return 'what was kept is no report of a verification'
    throw error
  }
}

const isReport = (value: unknown): value is VerificationReport =>
  typeof value === 'object' &&
  value !== null &&
  'phases' in value &&
  Array.isArray(value.phases) &&
  value.phases.every((phase: unknown) => typeof phase === 'object' && phase !== null && 'tests' in phase)
