import { canonicalJson } from '#domain/json'
import type { Verdict } from '#domain/gate'
import type { ModelChoice } from '#domain/task'
import type { ArtifactStore, StepJournal } from '#ports'
import { hear, type Hearing } from './ask-judge.ts'
import type { JudgeReport } from './judgement.ts'
import { rubricOf } from './rubric.ts'
import { failedBy, unavailable, verdictOf } from './verdict.ts'

/** What is judged, and whom to ask. */
export interface JudgeRequest extends Hearing {
  readonly model: ModelChoice
  readonly fallback: ModelChoice | null
  readonly artifacts: ArtifactStore
}

/** The gate's verdict; report and hash are null where the model gave no judgement that counts. */
export interface JudgeAnswer {
  readonly verdict: Verdict
  readonly report: JudgeReport | null
  readonly report_sha256: string | null
}

/**
 * Asks a model to judge a change. Where a deterministic gate failed nobody is asked: that answer stands.
 * @throws BudgetExhausted, and what the journal and the gateway throw
 */
export async function judge(request: JudgeRequest): Promise<JudgeAnswer> {
  const failed = failedBy(request.verdicts)
  if (failed !== undefined) return { verdict: failed, report: null, report_sha256: null }
  const { model, fallback } = request
  const system = rubricOf().judge
  const models = fallback === null ? ([model] as const) : ([model, fallback] as const)
  const heard = await hear(request, { name: 'judge', system, models })
  if (heard.kind === 'unavailable') return { verdict: unavailable(heard.reason), report: null, report_sha256: null }
  const { report, material } = heard
  const report_sha256 = await keepReport(request, 'judge', report)
  return { verdict: verdictOf(report, material.files, report_sha256), report, report_sha256 }
}

/** Stores a report as an artifact of the run. */
export async function keepReport(
  {
    journal,
    artifacts,
    round,
  }: { readonly journal: StepJournal; readonly artifacts: ArtifactStore; readonly round: number },
  name: 'judge' | 'appeal',
  report: JudgeReport,
): Promise<string> {
  const text = canonicalJson(report)
  const stored = await journal.perform(
    { key: `${name}:report:${round}`, kind: 'gate', request: { report: text } },
    async () => {
      const ref = await artifacts.put(text)
      const artifact = { ...ref, kind: 'judge_report', name: `${name}-${round}.json`, data_class: 'internal' } as const
      return { value: { sha256: ref.sha256 }, artifacts: [artifact] }
    },
  )
  return stored.sha256
}
