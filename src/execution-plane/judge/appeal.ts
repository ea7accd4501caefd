import type { Finding, Verdict } from '#domain/gate'
import type { ModelChoice } from '#domain/task'
import { hear, nameOf } from './ask-judge.ts'
import { keepReport, type JudgeRequest } from './judge.ts'
import type { JudgeReport } from './judgement.ts'
import { rubricOf } from './rubric.ts'
import { failedBy, verdictOf } from './verdict.ts'

/** What a model said no to, and what is said against that. */
export interface AppealRequest extends JudgeRequest {
  readonly first: { readonly verdict: Verdict; readonly report: JudgeReport }
  readonly reply: string
}

/** How an appeal ended. Whatever it is, the judge's no is not taken back by a model: only a person does that. */
export interface AppealAnswer {
  readonly outcome: 'upheld' | 'disagreement' | 'unheard' | 'without_evidence'
  readonly verdict: Verdict
  /** The second model's; null where it gave none that counts. */
  readonly report: JudgeReport | null
  readonly report_sha256: string | null
}

/** How much of a reply a second model reads. */
const REPLY_CHARACTERS = 4_000
const APPEAL = /^\s*appeal\b[:.\s]*/i

/** What is said against a judge's no: words that begin with APPEAL; undefined for any others. */
export const appealIn = (words: string): string | undefined =>
  APPEAL.test(words) ? words.replace(APPEAL, '').trim() : undefined

/** Whether a verdict waits for a person: two models disagree, or there is no second one to ask. */
export const wantsPerson = ({ findings }: Verdict): boolean =>
  findings.some(({ rule }) => rule === 'judge.disagreement' || rule === 'judge.appeal_unheard')

/**
 * Looks once more at what a model failed, with another model and the reply. The second no lets the first stand; a yes is
 * a disagreement, which a person settles, as they do where nobody else can be asked. A reply that cites nothing of the
 * evidence is no appeal, and what a deterministic gate failed is not heard at all.
 * @throws BudgetExhausted, and what the journal and the gateway throw
 */
export async function appeal(request: AppealRequest): Promise<AppealAnswer> {
  const { first, model, fallback } = request
  const refused = failedBy(request.verdicts)
  if (refused !== undefined) return { outcome: 'upheld', verdict: refused, report: null, report_sha256: null }
  if (first.verdict.answer !== 'fail') return unheard(first.verdict, 'only a no of the judge can be appealed')
  const second = [fallback, model].find((each) => each !== null && nameOf(each) !== first.report.asked)
  if (second === undefined || second === null)
    return unheard(first.verdict, `no model beside ${first.report.asked} is configured to hear it`)
  return heardBy(request, second)
}

async function heardBy(request: AppealRequest, second: ModelChoice): Promise<AppealAnswer> {
  const { first } = request
  const cited = citedIn(request)
  if (cited.length === 0) return withoutEvidence(first.verdict)
  const { judge, appeal: system = judge } = rubricOf()
  const { reasons, checks } = first.report
  const asides = [
    { id: 'first', title: 'What the first model said', body: JSON.stringify({ checks, reasons }, null, 1) },
    { id: 'reply', title: 'What is said against it (no evidence)', body: request.reply.slice(0, REPLY_CHARACTERS) },
  ]
  const heard = await hear(request, { name: 'appeal', system, models: [second], asides })
  if (heard.kind === 'unavailable') return unheard(first.verdict, heard.reason)
  const { report, material } = heard
  const report_sha256 = await keepReport(request, 'appeal', report)
  const verdict = settled(first.verdict, report, verdictOf(report, material.files, report_sha256))
  return { outcome: report.verdict === 'fail' ? 'upheld' : 'disagreement', verdict, report, report_sha256 }
}

/** Ids of evidence in a reply, as words of their own. Files, criteria and gates have ids that no prose has. */
function citedIn({ reply, task, change, verdicts }: AppealRequest): readonly string[] {
  const known = new Set([
    'TASK',
    'SCOPE',
    'RISK',
    'REPRO',
    'V-before',
    'V-after',
    'V-tests',
    ...task.success_criteria.map((_, at) => `C${at + 1}`),
    ...change.files.map((_, at) => `F${at + 1}`),
    ...verdicts.map(({ gate }) => `GATE-${gate}`),
  ])
  return (reply.match(/[A-Za-z][\w-]*/g) ?? []).filter((word) => known.has(word))
}

function settled(first: Verdict, report: JudgeReport, second: Verdict): Verdict {
  const evidence = [...first.evidence, ...second.evidence]
  if (report.verdict === 'fail')
    return {
      ...first,
      evidence,
      reason: `${first.reason} On appeal ${report.asked} fails it as well: ${report.reasons[0]?.text ?? ''}`,
      findings: [...first.findings, ...second.findings],
    }
  const message = `On appeal ${report.asked} would let it pass (confidence ${report.confidence}): ${report.reasons[0]?.text ?? ''}`
  const disagreement: Finding = { rule: 'judge.disagreement', message, severity: 'error' }
  return {
    ...first,
    evidence,
    reason: `Two models disagree, and a person decides. ${first.reason} ${message}`,
    findings: [disagreement, ...first.findings, ...second.findings],
  }
}

function unheard(first: Verdict, why: string): AppealAnswer {
  const message = `The appeal was not heard by a second model (${why}); a person decides.`
  const finding: Finding = { rule: 'judge.appeal_unheard', message, severity: 'error' }
  const verdict = { ...first, reason: `${message} ${first.reason}`, findings: [finding, ...first.findings] }
  return { outcome: 'unheard', verdict, report: null, report_sha256: null }
}

const withoutEvidence = (first: Verdict): AppealAnswer => ({
  outcome: 'without_evidence',
  verdict: { ...first, reason: `${first.reason} An appeal that cites no evidence was not heard.` },
  report: null,
  report_sha256: null,
})
