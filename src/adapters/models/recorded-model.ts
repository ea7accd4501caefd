import { isGanderError } from '#domain/failure'
import type { ModelProvider, ModelRequest, ProviderAnswer, ProviderCall } from '#ports'
import { happenedSince, turnOf, type Happening } from './happenings.ts'
import { normalisedArguments } from './normalise.ts'
import { readRecording, stepOf, type RecordedConversation, type RecordedExchange } from './recording.ts'

/** Arguments shown in a message about a departure. */
const SHOWN_CHARS = 160

/**
 * Replays a conversation file. It keeps no state: the place in the conversation follows from the request alone, so a
 * run that was resumed, and a gateway that was restarted, go on where they were. It departs when phase, call order, tool
 * names, outcomes or normalised arguments differ; durations, versions, ids, hashes and temporary paths don't count.
 */
export const recordedModel: ModelProvider = {
  needsKey: () => false,
  async answer(call) {
    try {
      return replay(await readRecording(call.model.model), call)
    } catch (error) {
      if (isGanderError(error, 'recording_unreadable')) return failed('model_unknown', error.message)
      throw error
    }
  },
}

function replay(recording: RecordedConversation, call: ProviderCall): ProviderAnswer {
  const turn = turnOf(call.request.messages)
  const found = findExchange(recording, call.request, turn, stepOf(call.call_key))
  if (found === undefined)
    return departed(call, `${endOf(recording, call.request)}, saw a request for answer ${turn + 1}`)
  const where = `exchange ${recording.exchanges.indexOf(found) + 1} (${found.phase}, answer ${turn + 1})`
  const difference = differenceFrom(found, call.request)
  if (difference !== undefined) return departed(call, `${where}: ${difference}`)
  const { answer } = found
  return {
    status: 'answered',
    text: answer.text,
    tool_requests: answer.tool_requests,
    stop_reason: answer.stop_reason,
    usage: {
      input_tokens: answer.usage.input_tokens,
      output_tokens: answer.usage.output_tokens,
      cached_input_tokens: answer.usage.cached_input_tokens,
    },
    reported_model: `recording of ${recording.model}`,
  }
}

/** The exchange at this place; where a run was judged more than once, the one recorded at the nearest step. */
function findExchange(
  recording: RecordedConversation,
  request: ModelRequest,
  turn: number,
  step: number,
): RecordedExchange | undefined {
  const candidates = recording.exchanges.filter((each) => each.turn === turn && isJudge(each) === isJudge(request))
  const sorted = candidates.sort((left, right) => rank(left) - rank(right))
  return sorted[0]

  function rank(candidate: RecordedExchange): number {
    const other_phase = candidate.phase === request.phase ? 0 : Number.MAX_SAFE_INTEGER / 2
    return other_phase + Math.abs(candidate.step - step)
  }
}

const isJudge = ({ phase }: Pick<ModelRequest, 'phase'>): boolean => phase === 'judging'

function differenceFrom(expected: RecordedExchange, request: ModelRequest): string | undefined {
  if (expected.phase !== request.phase) return `expected phase ${expected.phase}, saw ${request.phase}`
  const seen = happenedSince(request.messages)
  for (let index = 0; index < Math.max(expected.after.length, seen.length); index++) {
    const difference = compareCalls(expected.after[index], seen[index])
    if (difference !== undefined) return `tool call ${index + 1} before it: ${difference}`
  }
  return undefined
}

function compareCalls(expected: Happening | undefined, seen: Happening | undefined): string | undefined {
  if (expected === undefined || seen === undefined || expected.tool !== seen.tool)
    return `expected ${expected?.tool ?? 'none'}, saw ${seen?.tool ?? 'none'}`
  if (expected.outcome !== seen.outcome)
    return `expected ${expected.tool} to end ${expected.outcome}, saw ${seen.outcome}`
  const [wanted, got] = [normalisedArguments(expected.arguments), normalisedArguments(seen.arguments)]
  return wanted === got ? undefined : `${expected.tool} expected ${excerpt(wanted, got)}, saw ${excerpt(got, wanted)}`
}

/** The part of a text around the first place where it differs from another. */
function excerpt(text: string, other: string): string {
  let same = 0
  while (same < text.length && text[same] === other[same]) same++
  const start = Math.max(0, same - 40)
  const shown = text.slice(start, start + SHOWN_CHARS)
  return `${start > 0 ? '…' : ''}${shown}${start + SHOWN_CHARS < text.length ? '…' : ''}`
}

function endOf(recording: RecordedConversation, request: ModelRequest): string {
  const kind = isJudge(request) ? 'judging' : 'agent'
  const turns = recording.exchanges.filter((each) => isJudge(each) === isJudge(request)).map((each) => each.turn + 1)
  return `the ${kind} conversation: expected it to end after ${Math.max(0, ...turns)} answers (now ${request.phase})`
}

const departed = (call: ProviderCall, where: string): ProviderAnswer =>
  failed('departed', `The run departs from the recording ${call.model.model} at ${where}.`)

const failed = (kind: 'departed' | 'model_unknown', message: string): ProviderAnswer => ({
  status: 'failed',
  kind,
  message,
  retry_after_ms: null,
  retryable: false,
})
