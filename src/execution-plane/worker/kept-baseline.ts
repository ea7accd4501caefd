import { createHash } from 'node:crypto'
import { isGanderError } from '#domain/failure'
import { canonicalJson, type Json } from '#domain/json'
import type { Trust } from '#domain/task'
import type { VerificationProfile, VerificationReport } from '#domain/verification'
import type { Verification } from '#execution-plane/verifier'
import type { KeptBaseline, StepOutcome } from '#ports'
import { need, type Execution } from './execution.ts'

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

/**
 * The report an earlier run of the same tenant kept, as this run puts it on record; undefined where there is none, or its
 * bytes or logs are not what was kept: then the base is verified anew.
 */
export async function reusedBaseline(execution: Execution, key: string): Promise<StepOutcome<Json> | undefined> {
  const { parts, found } = execution
  const kept = await parts.proof_records?.baseline(key)
  if (kept === undefined) return undefined
  const report = await readReport(execution, kept)
  const whole = report?.tree === found.repository?.source.tree && report?.profile_version === found.profile?.version
  if (report === undefined || !whole || report.sandbox_fingerprint !== found.fingerprint) return undefined
  const value: VerificationReport = { ...report, reused_from: kept.run_id }
  const facts = {
    profile: report.profile,
    tree: report.tree,
    outcome: report.outcome,
    report_hash: kept.report_sha256,
    reused_from: kept.run_id,
  }
  const events = [{ event: 'verifier_executed' as const, facts, result_hash: kept.report_sha256 }]
  return { value: value as unknown as Json, events, artifacts: kept.artifacts }
}

/** Keeps a report that any later run would get as well: none of a machine that failed, or of a run that was stopped. */
export async function keepBaseline({ parts, run, task }: Execution, key: string, done: Verification): Promise<void> {
  const stored = done.artifacts.find(({ kind }) => kind === 'verification_report')
  const ended = done.report.phases.every(({ outcome }) => outcome === 'passed' || outcome === 'failed')
  if (stored === undefined || !ended || done.report.outcome === 'unavailable' || !KEEPERS.includes(task.trust)) return
  const kept: KeptBaseline = { run_id: run.id, report_sha256: stored.sha256, artifacts: done.artifacts }
  await parts.proof_records?.keepBaseline(key, kept, KEPT_SECONDS)
}

async function readReport({ parts }: Execution, kept: KeptBaseline): Promise<VerificationReport | undefined> {
  try {
    for (const { sha256 } of kept.artifacts) if ((await parts.artifacts.locate(sha256)) === undefined) return undefined
    const bytes = await parts.artifacts.get(kept.report_sha256)
    // The store checked the hash: these are the bytes that a run of this program put there.
    return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString('utf8')) as VerificationReport)
  } catch (error) {
    if (isGanderError(error, 'artifact_corrupt') || error instanceof SyntaxError) return undefined
    throw error
  }
}
