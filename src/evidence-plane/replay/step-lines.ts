import type { Json, JsonObject } from '#domain/json'
import type { StepRecord } from '#ports'

/** A step as far as a replay is held to it. */
export interface StepLine {
  readonly n: number
  /** Stable between runs of one contract. */
  readonly key: string
  /** What it came to, without durations, identifiers and texts. */
  readonly line: string
}

/** Records of the run itself, and of publishing, which a replay does not come to. */
const NOT_COMPARED: ReadonlySet<StepRecord['kind']> = new Set(['transition', 'packet', 'publication', 'context'])
const OF_PUBLISHING: ReadonlySet<string> = new Set([
  'gate:approval',
  'policy:branch.push',
  'policy:pull_request.open',
  'secret',
  'policy',
  'setup',
  'sandbox',
])

/** What the steps of a run came to, in their order. Calls of models that were not answered are left out. */
export const stepLines = (steps: readonly StepRecord[]): readonly StepLine[] =>
  steps.flatMap((step) => {
    if (NOT_COMPARED.has(step.kind) || OF_PUBLISHING.has(step.key)) return []
    const outcome = member(step.outcome, 'value') ?? step.outcome
    if (step.kind !== 'model_call') return [{ n: step.n, key: step.key, line: lineOf(step, outcome) }]
    const answer = member(outcome, 'answer')
    if (member(answer, 'status') !== 'answered') return []
    // The last number counts attempts, which depend on the network of the day.
    return [{ n: step.n, key: step.key.replace(/:\d+$/, ''), line: `an answer with ${callsOf(answer)}` }]
  })

function lineOf({ kind, tree }: StepRecord, outcome: Json | undefined): string {
  const left = tree === null ? '' : `, tree ${tree.slice(0, 12)}`
  if (kind === 'tool_call') return `${toolOf(outcome)}${left}`
  return `${answerOf(outcome)}${left}`
}

function toolOf(outcome: Json | undefined): string {
  const answer = member(outcome, 'answer')
  const name = member(answer, 'name')
  return `${typeof name === 'string' ? name : 'a tool'} ${member(answer, 'is_error') === true ? 'refused or failed' : 'done'}`
}

/** The words by which gates, verifiers and decisions answer, wherever the step keeps them. */
function answerOf(outcome: Json | undefined): string {
  if (typeof outcome === 'string') return outcome
  const verdicts = member(outcome, 'verdicts')
  if (Array.isArray(verdicts))
    return verdicts.map((each: Json) => `${text(member(each, 'gate'))} ${text(member(each, 'answer'))}`).join(', ')
  for (const name of ['answer', 'outcome', 'tier', 'commit', 'tree']) {
    const said = member(outcome, name)
    if (typeof said === 'string') return said
  }
  const profile = member(member(outcome, 'profile'), 'id')
  return typeof profile === 'string' ? profile : 'done'
}

function callsOf(answer: Json | undefined): string {
  const requests = member(answer, 'tool_requests')
  const names = Array.isArray(requests) ? requests.map((each: Json) => text(member(each, 'name'))) : []
  return names.length === 0 ? 'no tool call' : names.join(', ')
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '?')

const member = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject)[name] : undefined
