import type { JsonObject } from '#domain/json'
import { GUEST_HOME, object, text, textOf, type GuestCli, type GuestEvent } from './guest-cli.ts'
import { PI_EXTENSION } from './pi-extension.ts'

const EXTENSION = `${GUEST_HOME}/gander-tools.js`

/** pi over OpenAI chat; its models come from a file in its home, the tools of the run from an extension. */
export const pi: GuestCli = {
  launch: ({ program, origin, token, model, prompt, tools }) => ({
    argv: [
      ...program,
      '-p',
      '--mode',
      'json',
      '--provider',
      'gander',
      '--model',
      model,
      '--no-session',
      '--no-extensions',
      '--extension',
      EXTENSION,
      prompt,
    ],
    env: {
      PI_OFFLINE: '1',
      PI_SKIP_VERSION_CHECK: '1',
      PI_TELEMETRY: '0',
      GANDER_TOOLS_URL: tools.url,
      GANDER_TOOLS_TOKEN: tools.token,
    },
    files: {
      [`${GUEST_HOME}/.pi/agent/models.json`]: JSON.stringify(models({ origin, token, model })),
      [EXTENSION]: PI_EXTENSION,
    },
  }),
  read: readLine,
}

interface ModelSeat {
  readonly origin: string
  readonly token: string
  readonly model: string
}

const models = ({ origin, token, model }: ModelSeat) => ({
  providers: {
    gander: {
      baseUrl: `${origin}/v1`,
      api: 'openai-completions',
      // As it is: older versions take the bare name of a variable here, newer ones want a sign before it.
      apiKey: token,
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
