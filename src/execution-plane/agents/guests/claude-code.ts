import { GUEST_HOME, TOOL_CALL_MS, TOOL_SERVER, type GuestCli, type ToolSeat } from './guest-cli.ts'
import { readMessageLine } from './message-lines.ts'

const SERVERS = `${GUEST_HOME}/gander-tools.json`

/**
 * Claude Code. `--bare` keeps it from the repository's own hooks, servers and instruction files; it may do what it likes
 * with its hands because the sandbox is what holds them.
 */
export const claudeCode: GuestCli = {
  launch: ({ program, origin, token, model, prompt, tools }) => ({
    argv: [
      ...program,
      '-p',
      prompt,
      '--bare',
      '--output-format',
      'stream-json',
      '--verbose',
      '--permission-mode',
      'bypassPermissions',
      '--model',
      model,
      '--strict-mcp-config',
      '--mcp-config',
      SERVERS,
    ],
    env: {
      ANTHROPIC_BASE_URL: origin,
      ANTHROPIC_API_KEY: token,
      // Every helper call goes to the one model the channel admits.
      ANTHROPIC_SMALL_FAST_MODEL: model,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      // The tools of the run are few: they are offered as they are, not behind a search.
      ENABLE_TOOL_SEARCH: 'false',
      MCP_TOOL_TIMEOUT: String(TOOL_CALL_MS),
      IS_SANDBOX: '1',
    },
    files: { [SERVERS]: JSON.stringify({ mcpServers: { [TOOL_SERVER]: server(tools) } }) },
  }),
  read: readMessageLine,
}

const server = ({ url, token }: ToolSeat) => ({ type: 'http', url, headers: { Authorization: `Bearer ${token}` } })
