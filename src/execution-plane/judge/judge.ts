import type { Message } from '#domain/conversation'
import { redactionEvents } from '#domain/event'
import type { Finding, Verdict } from '#domain/gate'
import { canonicalJson } from '#domain/json'
import type { ModelChoice } from '#domain/task'
import { askModel, type ModelAccess, type Question, type Reply } from '#execution-plane/agents'
import type { Sign } from '#execution-plane/context'
import { BudgetExhausted, type ArtifactStore, type Redactor } from '#ports'
import { jsonIn, readJudgement, settle, type JudgeReport } from './judgement.ts'
import { materialOf, type JudgedChange, type Material } from './material.ts'
import { JUDGE_SYSTEM, RUBRIC_VERSION, SUBMIT_JUDGEMENT } from './rubric.ts'

/** What is judged, and what it takes to ask. */
export interface JudgeRequest
  extends JudgedChange,
    ModelAccess,
    Pick<Question, 'run_id' | 'tenant_id' | 'journal' | 'signal' | 'budget'> {
  /** Counts the judgements of a run from 0; part of the step keys. */
  readonly round: number
  readonly model: ModelChoice
  readonly fallback: ModelChoice | null
  readonly artifacts: ArtifactStore
  readonly redactor: Redactor
  readonly sign: Sign
}

/** The gate's verdict; report and hash are null where the model gave no judgement that counts. */
interface JudgeAnswer {
  readonly verdict: Verdict
  readonly report: JudgeReport | null
  readonly report_sha256: string | null
}

/** Characters of diff shown, and again where the model finds that too long. */
const DIFF_CHARACTERS = [48_000, 10_000]
const TRIES = 2
const MAX_OUTPUT_TOKENS = 4_096

type Read = { readonly report: JudgeReport } | { readonly unavailable: string } | { readonly too_long: string }

/**
 * Asks a model to judge a change. Where a deterministic gate failed nobody is asked: that answer stands. An answer that
 * is not of the form, or cites what it was not shown, is sent back once; then the judge is unavailable.
 * @throws BudgetExhausted, and what the journal and the gateway throw
 */
export async function judge(request: JudgeRequest): Promise<JudgeAnswer> {
  const failed = request.verdicts.find((verdict) => verdict.gate !== 'judge' && verdict.answer === 'fail')
  if (failed !== undefined)
    return withoutReport('fail', `The ${failed.gate} gate failed (${failed.reason}); no judge can overrule it.`)
  let reason = 'The judge was not asked.'
  for (const [size, characters] of DIFF_CHARACTERS.entries()) {
    const material = await prepare(request, size, characters)
    const read = await ask(request, material, size)
    if ('report' in read) return conclude(request, material, read.report)
    if ('unavailable' in read) return withoutReport('unavailable', read.unavailable)
    reason = `The change does not fit into the context of the judge: ${read.too_long}`
  }
  return withoutReport('unavailable', reason)
}

/** Recorded, because what counts as a secret may have changed when the run is resumed. */
function prepare(request: JudgeRequest, size: number, characters: number): Promise<Material> {
  const { journal, redactor, change, round } = request
  return journal.perform(
    {
      key: `judge:material:${round}:${size}`,
      kind: 'context',
      request: { tree: change.head_tree, rubric: RUBRIC_VERSION },
    },
    async () => {
      const material = materialOf(request, request.sign, characters)
      const { text, ...cut } = await redactor.redact(material.text)
      const value = { text, evidence: [...material.evidence], files: { ...material.files } }
      return { value, events: redactionEvents('judge', cut) }
    },
  )
}

async function ask(request: JudgeRequest, material: Material, size: number): Promise<Read> {
  const evidence = new Set(material.evidence)
  const messages: Message[] = [{ role: 'user', text: material.text }]
  let wrong = ''
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const reply = await askModel(request, questionOf(request, messages, `${size}:${attempt}`))
    if (reply.kind === 'exhausted') throw new BudgetExhausted(reply.verdict)
    if (reply.kind === 'too_long') return { too_long: reply.message }
    if (reply.kind !== 'answered') return { unavailable: `The judge could not be asked: ${reply.message}` }
    const given = answerIn(reply)
    const read = readJudgement(given.judgement, evidence)
    if (read.ok) return { report: settle(read.value, RUBRIC_VERSION, reply.answer.reported_model) }
    wrong = read.refusal
    messages.push(...sendBack(reply, wrong))
  }
  return { unavailable: `The judge did not keep to the form of its answer: ${wrong}` }
}

function questionOf(request: JudgeRequest, messages: readonly Message[], key: string): Question {
  const { run_id, tenant_id, journal, signal, budget, model, fallback, round } = request
  return {
    key: `model:judge:${round}:${key}`,
    run_id,
    tenant_id,
    task_class: request.task.capability,
    journal,
    signal,
    ...(budget === undefined ? {} : { budget }),
    models: fallback === null ? [model] : [model, fallback],
    request: {
      phase: 'judging',
      system: JUDGE_SYSTEM,
      messages: [...messages],
      tools: [SUBMIT_JUDGEMENT],
      max_output_tokens: MAX_OUTPUT_TOKENS,
    },
  }
}

type Answered = Extract<Reply, { kind: 'answered' }>

/** The tool call where there is one, else the JSON in the text: some models do not call tools. */
function answerIn({ answer }: Answered) {
  const called = answer.tool_requests.find((call) => call.name === SUBMIT_JUDGEMENT.name)
  return { judgement: called?.arguments ?? jsonIn(answer.text) ?? null }
}

function sendBack({ answer }: Answered, wrong: string): readonly Message[] {
  const text = `This is no judgement: ${wrong}. Call submit_judgement once more, in the form of its schema, citing only ids from the list of evidence.`
  const tool_requests = answer.tool_requests.map(({ name, arguments: given }, index) => {
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
    return { id: `judge_${index}`, name, arguments: isObject ? given : { malformed: String(given).slice(0, 500) } }
  })
  const said: Message = {
    role: 'assistant',
    text: answer.text === '' && tool_requests.length === 0 ? '(no answer)' : answer.text,
    tool_requests,
  }
  if (tool_requests.length === 0) return [said, { role: 'user', text }]
  const answers = tool_requests.map(({ id, name }) => ({ call_id: id, name, text, is_error: true }))
  return [said, { role: 'tool', answers }]
}

async function conclude(request: JudgeRequest, material: Material, report: JudgeReport): Promise<JudgeAnswer> {
  const { journal, artifacts, round } = request
  const text = canonicalJson(report)
  const stored = await journal.perform(
    { key: `judge:report:${round}`, kind: 'gate', request: { report: text } },
    async () => {
      const ref = await artifacts.put(text)
      const artifact = { ...ref, kind: 'judge_report', name: `judge-${round}.json`, data_class: 'internal' } as const
      return { value: { sha256: ref.sha256 }, artifacts: [artifact] }
    },
  )
  return { verdict: verdictOf(report, material, stored.sha256), report, report_sha256: stored.sha256 }
}

function verdictOf(report: JudgeReport, material: Material, report_sha256: string): Verdict {
  const passed = report.verdict === 'pass'
  const reasons = report.reasons.map(({ text, evidence_refs }): Finding => {
    const path = evidence_refs.map((ref) => material.files[ref]).find((found) => found !== undefined)
    return { rule: 'judge.reason', message: text, severity: 'error', ...(path === undefined ? {} : { path }) }
  })
  const attention = report.required_human_attention.map(
    (message): Finding => ({ rule: 'judge.attention', message, severity: 'warning' }),
  )
  const failedChecks = Object.entries(report.checks).flatMap(([name, answer]) => (answer === 'fail' ? [name] : []))
  const stated = report.stated_verdict === report.verdict ? '' : ' although it said pass'
  return {
    gate: 'judge',
    answer: report.verdict,
    decided_by: 'model',
    reason: passed
      ? `${report.reasons[0]?.text ?? 'The change does what was asked.'} (confidence ${report.confidence}, risk ${report.checks.risk})`
      : `The judge fails the change${stated}${failedChecks.length > 0 ? ` on ${failedChecks.join(', ')}` : ''}: ${report.reasons[0]?.text ?? ''}`,
    findings: passed ? attention : [...reasons, ...attention],
    evidence: [report_sha256],
  }
}

const withoutReport = (answer: 'fail' | 'unavailable', reason: string): JudgeAnswer => ({
  verdict: {
    gate: 'judge',
    answer,
    decided_by: answer === 'fail' ? 'deterministic' : 'model',
    reason,
    findings: [],
    evidence: [],
  },
  report: null,
  report_sha256: null,
})
