import { jsonSchema, tool, type JSONSchema7, type ModelMessage, type ToolSet } from 'ai'
import type { Json } from '#domain/json'
import type { Message, ToolDeclaration, ToolRequest } from '#domain/conversation'
import type { ModelChoice } from '#domain/task'
import { readKept } from './kept-reasoning.ts'

type ProviderOptions = NonNullable<ModelMessage['providerOptions']>

/** Anthropic keeps a prefix of the request for five minutes where it is told to. Others do so by themselves. */
export const CACHE_HERE: ProviderOptions = { anthropic: { cacheControl: { type: 'ephemeral' } } }

/** Some servers refuse an empty message; a model that said nothing is shown as having said so. */
const NOTHING = '(nothing)'

/**
 * Neutral messages in the words of the AI SDK. The last message and the one that ended the previous request mark where
 * a cached prefix ends, so that each turn of a long loop reads what the turn before it wrote.
 */
export function toPrompt(messages: readonly Message[], model: ModelChoice): ModelMessage[] {
  const prompt = messages.map((message) => toMessage(message, model))
  const last = prompt.length - 1
  const previous = messages.findLastIndex((message) => message.role === 'assistant') - 1
  return prompt.map((message, index) =>
    index === last || index === previous ? { ...message, providerOptions: CACHE_HERE } : message,
  )
}

/** Tools without `execute`: the calls come back instead of being run. */
export function toTools(declarations: readonly ToolDeclaration[]): ToolSet {
  return Object.fromEntries(
    declarations.map((declaration) => [
      declaration.name,
      tool({
        description: declaration.description,
        inputSchema: jsonSchema(declaration.input_schema as JSONSchema7),
      }),
    ]),
  )
}

function toMessage(message: Message, model: ModelChoice): ModelMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.text.trim() === '' ? NOTHING : message.text }] }
    case 'assistant':
      return { role: 'assistant', content: assistantContent(message.text, message.tool_requests, model) }
    case 'tool':
      return {
        role: 'tool',
        content: message.answers.map((answer) => ({
          type: 'tool-result',
          toolCallId: wireId(answer.call_id),
          toolName: answer.name,
          output: { type: answer.is_error ? 'error-text' : 'text', value: answer.text === '' ? NOTHING : answer.text },
        })),
      }
    default:
      return message satisfies never
  }
}

type AssistantContent = Exclude<Extract<ModelMessage, { role: 'assistant' }>['content'], string>

function assistantContent(text: string, requests: readonly ToolRequest[], model: ModelChoice): AssistantContent {
  const said = text.trim() === '' && requests.length > 0 ? [] : [text.trim() === '' ? NOTHING : text]
  const reasoning = requests.flatMap((request) => readKept(request, model)?.reasoning ?? [])
  return [
    ...reasoning.map((part) => ({ type: 'reasoning' as const, text: part.text, providerOptions: part.metadata })),
    ...said.map((each) => ({ type: 'text' as const, text: each })),
    ...requests.map((request) => {
      const call = readKept(request, model)?.call
      return {
        type: 'tool-call' as const,
        toolCallId: wireId(request.id),
        toolName: request.name,
        input: wireArguments(request.arguments),
        ...(call === undefined ? {} : { providerOptions: call }),
      }
    }),
  ]
}

/** Identifiers from another provider or a recording may hold what Anthropic refuses. */
const wireId = (id: string): string => id.replaceAll(/[^\w-]/g, '_')

/** Every wire format wants an object; what a model sent instead is shown back to it as it was. */
const wireArguments = (value: Json): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { not_an_object: value }
