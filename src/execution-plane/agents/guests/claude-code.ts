import type { GuestCli } from './guest-cli.ts'
import { readMessageLine } from './message-lines.ts'

/**
 * Claude Code. `--bare` keeps it from the repository's own hooks, servers and instruction files; it may do what it likes
 * with its hands because the sandbox is what holds them.
 */
export const claudeCode: GuestCli = {
  launch: ({ program, origin, token, model, prompt }) => ({
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
      IS_SANDBOX: '1',
    },
    files: {},
  }),
  read: readMessageLine,
}
