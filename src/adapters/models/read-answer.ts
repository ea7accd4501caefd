import type { FinishReason, LanguageModelUsage } from 'ai'
import type { Json } from '#domain/json'
import type { StopReason, ToolRequest, Usage } from '#domain/conversation'
import type { ModelChoice } from '#domain/task'
import { keepReasoning, type Said } from './kept-reasoning.ts'

/** Tool calls as the model asked for them. Arguments that are no JSON stay the text they were. */
export function readToolRequests(said: Said, model: ModelChoice, turn: number): readonly ToolRequest[] {
  const seen = new Set<string>()
  return said.toolCalls.map((call, index) => {
    const id = call.toolCallId === '' || seen.has(call.toolCallId) ? `call_${turn}_${index}` : call.toolCallId
    seen.add(id)
    const requested: Json = call.input ?? {}
    return { id, name: call.toolName, arguments: requested, ...keepReasoning(said, index, model) }
  })
}

/** Normalised usage. A request that cost no token at all was not counted, so its figures are unknown. */
export function readUsage(usage: LanguageModelUsage): Usage {
  const { inputTokens = 0, outputTokens = 0 } = usage
  if (inputTokens === 0 && outputTokens === 0)
    return { input_tokens: null, output_tokens: null, cached_input_tokens: null }
  const written = usage.inputTokenDetails.cacheWriteTokens
  return {
    input_tokens: count(usage.inputTokens),
    output_tokens: count(usage.outputTokens),
    cached_input_tokens: count(usage.inputTokenDetails.cacheReadTokens),
    ...(written === undefined ? {} : { cache_write_input_tokens: count(written) }),
  }
}

const count = (tokens: number | undefined): number | null =>
  tokens !== undefined && Number.isFinite(tokens) && tokens >= 0 ? tokens : null

/** Why the model stopped; calls win over what a careless server says. */
export function readStopReason(reason: FinishReason, has_calls: boolean): StopReason {
  switch (reason) {
    case 'length':
      return 'length'
    case 'content-filter':
      return 'refused'
    case 'tool-calls':
    case 'stop':
      return has_calls ? 'tool_calls' : 'end_of_turn'
    case 'error':
    case 'interrupted':
    case 'other':
      return has_calls ? 'tool_calls' : 'other'
    default:
      return reason satisfies never
  }
}
