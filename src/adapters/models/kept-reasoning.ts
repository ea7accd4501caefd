import type { GenerateTextResult, ToolSet } from 'ai'
import { z } from 'zod'
import type { Json } from '#domain/json'
import type { ToolRequest } from '#domain/conversation'
import type { ModelChoice } from '#domain/task'

const metadata = z.record(z.string(), z.record(z.string(), z.json()))
const kept = z.object({
  api: z.string(),
  model: z.string(),
  call: metadata.optional(),
  reasoning: z.array(z.object({ text: z.string(), metadata })).optional(),
})

type Kept = z.infer<typeof kept>

/** The parts of an answer that reasoning is kept from. */
export type Said = Pick<GenerateTextResult<ToolSet, Record<string, unknown>, never>, 'reasoning' | 'toolCalls'>

/** The wire formats that want a model's own reasoning back before the calls that followed from it. */
const REASONING_IS_ECHOED: ReadonlySet<string> = new Set(['anthropic', 'openai-responses'])

/**
 * What a provider wants back with the n-th call of an answer: the call's own data, such as a thought signature, and with
 * the first call the signed or encrypted reasoning of the whole answer.
 */
export function keepReasoning(said: Said, index: number, { api, model }: ModelChoice): { provider_data?: Json } {
  const call = said.toolCalls[index]?.providerMetadata
  const reasoning =
    index === 0 && REASONING_IS_ECHOED.has(api)
      ? said.reasoning.flatMap((part) =>
          part.providerMetadata === undefined
            ? []
            : [{ text: 'text' in part ? part.text : '', metadata: part.providerMetadata }],
        )
      : []
  if (call === undefined && reasoning.length === 0) return {}
  return {
    provider_data: {
      api,
      model,
      ...(call === undefined ? {} : { call }),
      ...(reasoning.length === 0 ? {} : { reasoning }),
    } as Json,
  }
}

/** What was kept with a request, where it came from the very model that is asked now; another would not understand it. */
export function readKept(request: ToolRequest, { api, model }: ModelChoice): Kept | undefined {
  const read = kept.safeParse(request.provider_data)
  return read.success && read.data.api === api && read.data.model === model ? read.data : undefined
}
