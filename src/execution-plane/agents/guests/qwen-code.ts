import { TOOL_CALL_MS, TOOL_SERVER, type GuestCli, type ToolSeat } from './guest-cli.ts'
import { readMessageLine } from './message-lines.ts'

/** qwen-code over OpenAI chat; `--bare` keeps it from the repository's own settings and extensions. */
export const qwenCode: GuestCli = {
  launch: ({ program, origin, token, model, prompt, tools }) => ({
    argv: [
      ...program,
      prompt,
      '--auth-type',
      'openai',
      '--yolo',
      '--bare',
      '-o',
      'stream-json',
      '--mcp-config',
      JSON.stringify({ mcpServers: { [TOOL_SERVER]: server(tools) } }),
    ],
    env: {
      OPENAI_BASE_URL: `${origin}/v1`,
      OPENAI_API_KEY: token,
      OPENAI_MODEL: model,
      QWEN_CODE_SUPPRESS_YOLO_WARNING: '1',
      QWEN_TELEMETRY_ENABLED: '0',
    },
    files: {},
  }),
  read: readMessageLine,
}

const server = ({ url, token }: ToolSeat) => ({
  httpUrl: url,
  headers: { Authorization: `Bearer ${token}` },
  timeout: TOOL_CALL_MS,
  trust: true,
})
