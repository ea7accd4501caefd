import type { Message } from '#domain/conversation'
import { redactionEvents } from '#domain/event'
import type { Json } from '#domain/json'
import { neutralise } from '#domain/text'
import type { ModelChoice } from '#domain/task'
import { z } from 'zod'
import { askModel, type ModelAccess, type Question, type Reply } from '#execution-plane/agents'
import { createWrapper, type Sign } from '#execution-plane/context'
import { BudgetExhausted, type Redactor } from '#ports'
import { readHunks, numbered } from './numbered-diff.ts'
import type { ModelReview, ReviewWish } from './review-change.ts'
import { REVIEWER_SYSTEM, REVIEWER_VERSION, SUBMIT_REVIEW } from './reviewer-words.ts'

/** What it takes to ask a model for its part of a review. */
export interface Reviewer
  extends ModelAccess,
    Pick<Question, 'run_id' | 'tenant_id' | 'task_class' | 'journal' | 'signal' | 'budget'> {
  readonly model: ModelChoice
  readonly fallback: ModelChoice | null
  readonly redactor: Redactor
  readonly sign: Sign
  /** What the change is for, in the words of whoever asks; may be empty. */
  readonly purpose: string
}

/** Characters of diff shown, and again where the model finds that too long. */
const DIFF_CHARACTERS = [120_000, 30_000]
const MAX_OUTPUT_TOKENS = 4_000
const TRIES = 2

const text = z.string().min(1).max(2_000)
const schema = z.object({
  summary: z.string().max(1_000),
  findings: z
    .array(
      z.object({
        severity: z.enum(['blocker', 'major', 'minor', 'nit', 'question']),
        confidence: z.enum(['high', 'medium', 'low']),
        file: text,
        lines: z.string().regex(/^\d{1,7}(-\d{1,7})?$/, 'must be line numbers such as 82-91'),
        invariant: text,
        issue: text,
        consequence: text,
        suggestion: text,
      }),
    )
    .max(30),
  questions: z.array(z.string().min(1).max(500)).max(10),
})

/**
 * Asks a model for its findings. What is not of the form is sent back once; a model that cannot be reached or does not
 * keep to the form leaves a review without its part, and the report says so.
 * @throws BudgetExhausted, and what the journal and the gateway throw
 */
export async function askReviewer(
  reviewer: Reviewer,
  wish: Pick<ReviewWish, 'change' | 'verdicts'>,
): Promise<ModelReview> {
  const name = `${reviewer.model.provider}:${reviewer.model.model.split('/').at(-1) ?? ''}`
  let reason = 'no model was asked'
  for (const [size, characters] of DIFF_CHARACTERS.entries()) {
    const material = await prepare(reviewer, wish, { size, characters })
    const read = await ask(reviewer, material, size)
    if ('review' in read) return { name: read.model, outcome: 'answered', reason: '', ...read.review }
    reason = read.unavailable
    if (!read.too_long) break
  }
  return { name, outcome: 'unavailable', reason, summary: '', findings: [], questions: [] }
}

type Said = Pick<ModelReview, 'summary' | 'findings' | 'questions'>
type Read =
  | { readonly review: Said; readonly model: string }
  | { readonly unavailable: string; readonly too_long: boolean }

/** Recorded, because what counts as a secret may have changed when the run is resumed. */
async function prepare(
  { journal, redactor, sign, purpose }: Reviewer,
  { change, verdicts }: Pick<ReviewWish, 'change' | 'verdicts'>,
  { size, characters }: { readonly size: number; readonly characters: number },
): Promise<string> {
  const request = { tree: change.head_tree, words: REVIEWER_VERSION }
  return journal.perform({ key: `review:material:${size}`, kind: 'context', request }, async () => {
    const wrap = createWrapper(sign)
    const files = readHunks(change.patch).toSorted((one, other) => one.path.localeCompare(other.path))
    const share = Math.floor(characters / Math.max(1, files.length))
    const shown = files.map((file) => {
      const diff = numbered(file)
      const cut = diff.length > share ? `${diff.slice(0, share)}\n[the rest of this file is not shown]` : diff
      return wrap({ id: file.path, source: file.path, trust: 'tool_output' }, cut)
    })
    const checks = verdicts.flatMap(({ gate, findings }) => findings.map(({ message }) => `- ${gate}: ${message}`))
    const { text: whole, ...cut } = await redactor.redact(
      [
        purpose === ''
          ? ''
          : `What it is for:\n${wrap({ id: 'purpose', source: 'author', trust: 'tool_output' }, purpose)}`,
        `What checks found:\n${checks.length === 0 ? 'nothing' : checks.slice(0, 40).join('\n')}`,
        ...shown,
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
    )
    return { value: whole, events: redactionEvents('review', cut) }
  })
}

async function ask(reviewer: Reviewer, material: string, size: number): Promise<Read> {
  const messages: Message[] = [{ role: 'user', text: material }]
  let wrong = ''
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const reply = await askModel(reviewer, questionOf(reviewer, messages, `${size}:${attempt}`))
    if (reply.kind === 'exhausted') throw new BudgetExhausted(reply.verdict)
    if (reply.kind !== 'answered') return { unavailable: reply.message, too_long: reply.kind === 'too_long' }
    const read = schema.safeParse(given(reply))
    if (read.success) return { review: reviewIn(read.data), model: reply.answer.reported_model }
    wrong = read.error.issues
      .slice(0, 5)
      .map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`)
      .join('; ')
    const said = { role: 'assistant', text: reply.answer.text || '(no review)', tool_requests: [] } as const
    messages.push(said, { role: 'user', text: `This is no review: ${wrong}. Call submit_review once more.` })
  }
  return { unavailable: `the model did not keep to the form of a review: ${wrong}`, too_long: false }
}

function questionOf(reviewer: Reviewer, messages: readonly Message[], key: string): Question {
  const { run_id, tenant_id, task_class, journal, signal, budget, model, fallback } = reviewer
  return {
    key: `model:review:${key}`,
    run_id,
    tenant_id,
    task_class,
    journal,
    signal,
    ...(budget === undefined ? {} : { budget }),
    models: fallback === null ? [model] : [model, fallback],
    request: {
      phase: 'judging',
      system: REVIEWER_SYSTEM,
      messages: [...messages],
      tools: [SUBMIT_REVIEW],
      max_output_tokens: MAX_OUTPUT_TOKENS,
    },
  }
}

type Answered = Extract<Reply, { kind: 'answered' }>

/** The tool call where there is one, else a JSON object in the text: some models do not call tools. */
function given({ answer }: Answered): Json {
  const called = answer.tool_requests.find(({ name }) => name === SUBMIT_REVIEW.name)
  if (called !== undefined) return called.arguments
  const { text: said } = answer
  try {
    return JSON.parse(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1)) as Json
  } catch {
    return null
  }
}

/** What a model said is text of an outsider wherever it is shown. */
function reviewIn({ summary, findings, questions }: z.infer<typeof schema>): Said {
  return {
    summary: neutralise(summary).trim(),
    questions: questions.map((question) => neutralise(question).trim()),
    findings: findings.map((finding) => ({
      ...finding,
      invariant: neutralise(finding.invariant),
      issue: neutralise(finding.issue),
      consequence: neutralise(finding.consequence),
      suggestion: neutralise(finding.suggestion),
      evidence: [`lines ${finding.lines} of ${finding.file}`],
      found_by: 'model',
      rule: 'model',
    })),
  }
}
