import { generateText, type ProviderMetadata } from 'ai'
import type { Json } from '#domain/json'
import type { ProviderAnswer, ProviderCall } from '#ports'
import { readFailure } from './failure.ts'
import { providerModel } from './provider-model.ts'
import { readStopReason, readToolRequests, readUsage } from './read-answer.ts'
import { CACHE_HERE, toPrompt, toTools } from './to-prompt.ts'

export { loadWire } from './provider-model.ts'

// What the AI SDK would print about unknown settings belongs to nobody's terminal.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

/** Asks a provider over its wire format; one request, no retries, no redirects. */
export async function askProvider(call: ProviderCall): Promise<ProviderAnswer> {
  const deadline = AbortSignal.timeout(call.timeout_ms)
  const { request, model, cut } = call
  try {
    const result = await generateText({
      model: await providerModel(model, call.key),
      instructions: { role: 'system', content: request.system, providerOptions: CACHE_HERE },
      messages: toPrompt(request.messages, model),
      tools: toTools(request.tools),
      maxOutputTokens: request.max_output_tokens,
      maxRetries: 0,
      abortSignal: cut === undefined ? deadline : AbortSignal.any([deadline, cut]),
      providerOptions: optionsFor(call),
    })
    const turn = request.messages.filter((message) => message.role === 'assistant').length
    const tool_requests = readToolRequests(result, model, turn)
    const stop_reason = readStopReason(result.finishReason, tool_requests.length > 0)
    if (result.text === '' && stop_reason === 'other') return nothingSaid(call, result.providerMetadata)
    return {
      status: 'answered',
      text: result.text,
      tool_requests,
      stop_reason,
      usage: readUsage(result.usage),
      reported_model: result.response.modelId,
    }
  } catch (error) {
    const { provider, model: name, url } = model
    const { timeout_ms } = call
    const cut_off = cut?.aborted === true
    return readFailure(error, { provider, model: name, url, timed_out: deadline.aborted, timeout_ms, cut_off })
  }
}

/** An answer without a word, a call or a reason: a prompt that the provider blocked, or a broken server. */
function nothingSaid({ model }: ProviderCall, metadata: ProviderMetadata | undefined): ProviderAnswer {
  const blocked = metadata?.['google']?.['promptFeedback'] ?? null
  return {
    status: 'failed',
    kind: blocked === null ? 'overloaded' : 'refused_by_provider',
    message:
      blocked === null
        ? `${model.provider}:${model.model} answered without any content.`
        : `${model.provider}:${model.model} refused the request: ${JSON.stringify(blocked).slice(0, 300)}`,
    retry_after_ms: null,
    retryable: blocked === null,
  }
}

/** Nothing is kept by the provider, and the calls of one run share a cache where that can be asked for. */
function optionsFor(call: ProviderCall): Record<string, Record<string, Json & {}>> {
  if (call.model.api !== 'openai-responses' && call.model.api !== 'openai-chat') return {}
  const cache: Record<string, Json & {}> = call.model.url === null ? { promptCacheKey: call.run_id } : {}
  return { openai: { ...cache, store: false } }
}
