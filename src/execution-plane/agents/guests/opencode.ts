import type { JsonObject } from '#domain/json'
import { object, text, TOOL_CALL_MS, TOOL_SERVER, type GuestCli, type GuestEvent, type ToolSeat } from './guest-cli.ts'

/** OpenCode over OpenAI chat; it reads its settings from a variable, so that no file of the repository has the say. */
export const opencode: GuestCli = {
  launch: ({ program, origin, token, model, prompt, tools }) => ({
    argv: [...program, 'run', '--format', 'json', '--auto', '--model', `gander/${model}`, prompt],
    env: openCodeEnvironment({ origin, token, model }, tools),
    files: {},
  }),
  read: readLine,
}

/** The variables with which any form of OpenCode asks the one model there is. */
export const openCodeEnvironment = (
  { origin, token, model }: { readonly origin: string; readonly token: string; readonly model: string },
  tools?: ToolSeat,
): { readonly [name: string]: string } => ({
  OPENCODE_CONFIG_CONTENT: JSON.stringify({
    autoupdate: false,
    share: 'disabled',
    ...(tools && { mcp: { [TOOL_SERVER]: server(tools) } }),
    model: `gander/${model}`,
    small_model: `gander/${model}`,
    provider: {
      gander: {
        npm: '@ai-sdk/openai-compatible',
        name: 'gander',
        options: { baseURL: `${origin}/v1`, apiKey: token },
        models: { [model]: { name: model } },
      },
    },
  }),
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  OPENCODE_DISABLE_PROJECT_CONFIG: '1',
})

const server = ({ url, token }: ToolSeat) => ({
  type: 'remote',
  url,
  enabled: true,
  oauth: false,
  timeout: TOOL_CALL_MS,
  headers: { Authorization: `Bearer ${token}` },
})

function readLine(line: JsonObject): readonly GuestEvent[] {
  const part = object(line['part'])
  if (line['type'] === 'text') return [{ kind: 'said', text: text(part['text']) }]
  if (line['type'] === 'error')
    return [{ kind: 'concluded', text: JSON.stringify(line['error'] ?? null).slice(0, 2_000), is_error: true }]
  if (line['type'] !== 'tool_use') return []
  const state = object(part['state'])
  const id = text(part['callID'])
  const is_error = state['status'] === 'error'
  return [
    { kind: 'tool_called', id, tool: text(part['tool']), args: state['input'] ?? null },
    { kind: 'tool_answered', id, text: text(is_error ? state['error'] : state['output']), is_error },
  ]
}
