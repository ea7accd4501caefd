import type { Json, JsonObject } from '#domain/json'
import { object, text, TOOL_CALL_MS, TOOL_SERVER, type GuestCli, type GuestEvent } from './guest-cli.ts'

/** Codex over OpenAI responses; its own sandbox is off, because ours is around it and sandboxes do not nest. */
export const codex: GuestCli = {
  launch: ({ program, origin, token, model, prompt, tools }) => ({
    argv: [
      ...program,
      'exec',
      '--json',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      '-c',
      'model_provider="gander"',
      '-c',
      `model_providers.gander={name="gander",base_url="${origin}/v1",env_key="GANDER_MODEL_TOKEN",wire_api="responses"}`,
      '-c',
      `mcp_servers.${TOOL_SERVER}={url="${tools.url}",bearer_token_env_var="GANDER_TOOLS_TOKEN",tool_timeout_sec=${TOOL_CALL_MS / 1000}}`,
      '-c',
      'analytics.enabled=false',
      '-c',
      'check_for_update_on_startup=false',
      '-m',
      model,
      prompt,
    ],
    env: { GANDER_MODEL_TOKEN: token, GANDER_TOOLS_TOKEN: tools.token },
    files: {},
  }),
  read: readLine,
}

/** Items that are something it did, by what their arguments and answers are called. */
const ACTS = new Set(['command_execution', 'file_change', 'mcp_tool_call', 'web_search'])

function readLine(line: JsonObject): readonly GuestEvent[] {
  const item = object(line['item'])
  const type = text(item['type'])
  if (line['type'] === 'item.completed' && type === 'agent_message') return [{ kind: 'said', text: text(item['text']) }]
  if (ACTS.has(type) && line['type'] === 'item.completed') return actOf(item, type)
  if (line['type'] === 'turn.failed')
    return [{ kind: 'concluded', text: text(object(line['error'])['message']), is_error: true }]
  return []
}

function actOf(item: JsonObject, tool: string): readonly GuestEvent[] {
  const id = text(item['id'])
  const args: Json = tool === 'command_execution' ? { command: item['command'] ?? null } : { ...item, id: null }
  const failed = item['status'] === 'failed' || (typeof item['exit_code'] === 'number' && item['exit_code'] !== 0)
  return [
    { kind: 'tool_called', id, tool, args },
    { kind: 'tool_answered', id, text: text(item['aggregated_output']), is_error: failed },
  ]
}
