import { z } from 'zod'
import type { Json } from '#domain/json'
import { ok, refuse, type Result } from '#domain/result'

const check = z.enum(['pass', 'fail'])
const schema = z.strictObject({
  verdict: check,
  confidence: z.enum(['low', 'medium', 'high']),
  checks: z.strictObject({
    intent_alignment: check,
    scope_control: check,
    test_evidence: check,
    unrelated_change: check,
    risk: z.enum(['low', 'medium', 'high']),
  }),
  reasons: z
    .array(z.strictObject({ text: z.string().min(1).max(2_000), evidence_refs: z.array(z.string()).min(1).max(40) }))
    .min(1)
    .max(30),
  required_human_attention: z.array(z.string().max(2_000)).max(30),
})

type Judgement = z.infer<typeof schema>

/** What the judge said, with what it was asked by: an artifact of the run. */
export type JudgeReport = Judgement & {
  readonly rubric_version: string
  /** As the provider reported it. */
  readonly model: string
  /** Which model was asked, as `provider:model`; an appeal goes to another one. */
  readonly asked: string
  /** What the model said where the strictest reading of its checks says otherwise. */
  readonly stated_verdict: 'pass' | 'fail'
}

/**
 * Reads an answer. Refused with what is wrong when it is not of the form, or when it cites evidence that it was not
 * given: an invented reference proves nothing.
 */
export function readJudgement(answer: Json, evidence: ReadonlySet<string>): Result<Judgement, string> {
  const parsed = schema.safeParse(answer)
  if (!parsed.success)
    return refuse(
      parsed.error.issues
        .slice(0, 8)
        .map((issue) => `${issue.path.join('.') || 'answer'}: ${issue.message}`)
        .join('; '),
    )
  const cited = parsed.data.reasons.flatMap((reason) => reason.evidence_refs)
  const invented = [...new Set(cited.filter((ref) => !evidence.has(ref)))]
  if (invented.length > 0)
    return refuse(
      `reasons cite ${invented
        .slice(0, 5)
        .map((ref) => JSON.stringify(ref.slice(0, 80)))
        .join(', ')}, which is not in the list of evidence`,
    )
  return ok(parsed.data)
}

/** The judgement that counts: where verdict and checks disagree, the strictest does. */
export function settle(judgement: Judgement, by: Pick<JudgeReport, 'rubric_version' | 'model' | 'asked'>): JudgeReport {
  const { intent_alignment, scope_control, test_evidence, unrelated_change } = judgement.checks
  const failed = [judgement.verdict, intent_alignment, scope_control, test_evidence, unrelated_change].includes('fail')
  return { ...judgement, verdict: failed ? 'fail' : 'pass', stated_verdict: judgement.verdict, ...by }
}
