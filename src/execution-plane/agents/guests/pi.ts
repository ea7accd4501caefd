import type { JsonObject } from '#domain/json'
import { GUEST_HOME, object, text, textOf, type GuestCli, type GuestEvent } from './guest-cli.ts'

/** pi over OpenAI chat; its models come from a file in its home. */
export const pi: GuestCli = {
  launch: ({ program, origin, token, model, prompt }) => ({
    argv: [...program, '-p', '--mode', 'json', '--provider', 'gander', '--model', model, '--no-session', prompt],
    env: { PI_OFFLINE: '1', PI_SKIP_VERSION_CHECK: '1', PI_TELEMETRY: '0', GANDER_MODEL_TOKEN: token },
    files: { [`${GUEST_HOME}/.pi/agent/models.json`]: JSON.stringify(models(origin, model)) },
  }),
  read: readLine,
}

const models = (origin: string, model: string) => ({
  providers: {
    gander: {
      baseUrl: `${origin}/v1`,
      api: 'openai-completions',
      // The name of the variable that holds it.
      apiKey: 'GANDER_MODEL_TOKEN',
      models: [
        {
          id: model,
          name: model,
          reasoning: false,
          input: ['text'],
          cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
          contextWindow: 200_000,
          maxTokens: 16_000,
        },
      ],
    },
  },
})

function readLine(line: JsonObject): readonly GuestEvent[] {
  const id = text(line['toolCallId'])
  if (line['type'] === 'tool_execution_start')
    return [{ kind: 'tool_called', id, tool: text(line['toolName']), args: line['args'] ?? null }]
  if (line['type'] === 'tool_execution_end') {
    const said = textOf(object(line['result'])['content'])
    return [{ kind: 'tool_answered', id, text: said, is_error: line['isError'] === true }]
  }
  const message = object(line['message'])
  if (line['type'] !== 'message_end' || message['role'] !== 'assistant') return []
  if (message['stopReason'] === 'error')
    return [{ kind: 'concluded', text: text(message['errorMessage']), is_error: true }]
  const said = textOf(message['content'])
  return said === '' ? [] : [{ kind: 'said', text: said }]
}
