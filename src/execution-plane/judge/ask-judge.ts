import type { Message } from '#domain/conversation'
import { redactionEvents } from '#domain/event'
import type { Json } from '#domain/json'
import type { ModelChoice } from '#domain/task'
import { askModel, type ModelAccess, type Question, type Reply } from '#execution-plane/agents'
import type { Sign } from '#execution-plane/context'
import { BudgetExhausted, type Redactor } from '#ports'
import { readJudgement, settle, type JudgeReport } from './judgement.ts'
import { materialOf, type Aside, type JudgedChange, type Material } from './material.ts'
import { RUBRIC_VERSION, SUBMIT_JUDGEMENT } from './rubric.ts'

/** What is judged, and what it takes to ask about it. */
export interface Hearing
  extends JudgedChange,
    ModelAccess,
    Pick<Question, 'run_id' | 'tenant_id' | 'journal' | 'signal' | 'budget'> {
  /** Counts the judgements of a run from 0; part of the step keys. */
  readonly round: number
  readonly redactor: Redactor
  readonly sign: Sign
}

/** How this hearing differs from others of its run. */
export interface Bench {
  /** Part of the step keys. */
  readonly name: 'judge' | 'appeal'
  readonly system: string
  /** In order of preference. */
  readonly models: readonly [ModelChoice, ...ModelChoice[]]
  readonly asides?: readonly Aside[]
}

/** What a model made of it. */
export type Heard =
  | { readonly kind: 'judged'; readonly report: JudgeReport; readonly material: Material }
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Characters of diff shown, and again where the model finds that too long. */
const DIFF_CHARACTERS = [48_000, 10_000]
const TRIES = 2
const MAX_OUTPUT_TOKENS = 4_096

/** A model by the name under which it is told apart from another. */
export const nameOf = ({ provider, model }: Pick<ModelChoice, 'provider' | 'model'>): string => `${provider}:${model}`

/**
 * Asks models to judge a change. An answer that is not of the form, or cites what it was not shown, is sent back once;
 * where that leads nowhere the next model is asked, and after the last the judge is unavailable.
 * @throws BudgetExhausted, and what the journal and the gateway throw
 */
export async function hear(hearing: Hearing, bench: Bench): Promise<Heard> {
  let reason = 'The judge was not asked.'
  for (const [size, diff_characters] of DIFF_CHARACTERS.entries()) {
    const material = await prepare(hearing, bench, { size, diff_characters })
    const asked = await askInForm(hearing, bench, { size, material })
    if (asked.kind !== 'too_long') return asked
    reason = `The change does not fit into the context of the judge: ${asked.reason}`
  }
  return { kind: 'unavailable', reason }
}

/** Recorded, because what counts as a secret may have changed when the run is resumed. */
function prepare(
  hearing: Hearing,
  { name, asides = [] }: Bench,
  { size, diff_characters }: { readonly size: number; readonly diff_characters: number },
): Promise<Material> {
  const { journal, redactor, change, round } = hearing
  return journal.perform(
    {
      key: `${name}:material:${round}:${size}`,
      kind: 'context',
      request: { tree: change.head_tree, rubric: RUBRIC_VERSION },
    },
    async () => {
      const material = materialOf(hearing, hearing.sign, { diff_characters, asides })
      const { text, ...cut } = await redactor.redact(material.text)
      const value = { text, evidence: [...material.evidence], files: { ...material.files } }
      return { value, events: redactionEvents(name, cut) }
    },
  )
}

interface Sized {
  readonly size: number
  readonly material: Material
}
type Asked = Heard | { readonly kind: 'too_long'; readonly reason: string }
type Tried = Asked | { readonly kind: 'no_form'; readonly reason: string }

/** A model that does not keep to the form is given up; the others are asked after it. */
async function askInForm(hearing: Hearing, bench: Bench, sized: Sized): Promise<Asked> {
  let wrong = ''
  for (const [at] of bench.models.entries()) {
    const tried = await tryModels(hearing, bench, { ...sized, from: at })
    if (tried.kind !== 'no_form') return tried
    wrong = tried.reason
  }
  return { kind: 'unavailable', reason: `The judge did not keep to the form of its answer: ${wrong}` }
}

async function tryModels(hearing: Hearing, bench: Bench, sized: Sized & { readonly from: number }): Promise<Tried> {
  const { size, material, from } = sized
  const evidence = new Set(material.evidence)
  const messages: Message[] = [{ role: 'user', text: material.text }]
  let wrong = ''
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const key = `${from === 0 ? '' : `${from}:`}${size}:${attempt}`
    const reply = await askModel(hearing, questionOf(hearing, bench, { key, messages, from }))
    if (reply.kind === 'exhausted') throw new BudgetExhausted(reply.verdict)
    if (reply.kind === 'too_long') return { kind: 'too_long', reason: reply.message }
    if (reply.kind !== 'answered')
      return { kind: 'unavailable', reason: `The judge could not be asked: ${reply.message}` }
    const read = readJudgement(judgementIn(reply), evidence)
    const by = { rubric_version: RUBRIC_VERSION, model: reply.answer.reported_model, asked: nameOf(reply.model) }
    if (read.ok) return { kind: 'judged', report: settle(read.value, by), material }
    wrong = read.refusal
    messages.push(...sendBack(reply, wrong))
  }
  return { kind: 'no_form', reason: wrong }
}

interface Put {
  readonly key: string
  readonly messages: readonly Message[]
  readonly from: number
}

function questionOf(hearing: Hearing, { name, system, models }: Bench, { key, messages, from }: Put): Question {
  const { run_id, tenant_id, journal, signal, budget, round, task } = hearing
  return {
    key: `model:${name}:${round}:${key}`,
    run_id,
    tenant_id,
    task_class: task.capability,
    journal,
    signal,
    ...(budget === undefined ? {} : { budget }),
    models: models.slice(from),
    request: {
      phase: 'judging',
      system,
      messages: [...messages],
      tools: [SUBMIT_JUDGEMENT],
      max_output_tokens: MAX_OUTPUT_TOKENS,
    },
  }
}

type Answered = Extract<Reply, { kind: 'answered' }>

/**
 * The arguments of the one call. Text is never read: it may quote what the change says of itself; and two calls say
 * nothing, since nobody knows which one was meant.
 */
function judgementIn({ answer }: Answered): Json {
  const called = answer.tool_requests.filter((call) => call.name === SUBMIT_JUDGEMENT.name)
  return called.length === 1 ? (called[0]?.arguments ?? null) : null
}

function sendBack({ answer }: Answered, wrong: string): readonly Message[] {
  const text = `This is no judgement: ${wrong}. Call submit_judgement once more, and once only, in the form of its schema, citing only ids from the list of evidence.`
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
