import type { GuestCli } from './guest-cli.ts'
import { readMessageLine } from './message-lines.ts'

/** qwen-code over OpenAI chat; `--bare` keeps it from the repository's own settings and extensions. */
export const qwenCode: GuestCli = {
  launch: ({ program, origin, token, model, prompt }) => ({
    argv: [...program, prompt, '--auth-type', 'openai', '--yolo', '--bare', '-o', 'stream-json'],
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
