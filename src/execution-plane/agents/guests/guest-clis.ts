import type { GuestChoice } from '#domain/task'
import { acpGuest } from './acp-guest.ts'
import { anyCommand } from './any-command.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import type { GuestCli } from './guest-cli.ts'
import { opencode } from './opencode.ts'
import { pi } from './pi.ts'
import { qwenCode } from './qwen-code.ts'

const KNOWN = { 'claude-code': claudeCode, codex, opencode, pi, 'qwen-code': qwenCode } as const

/** How the chosen guest is started and understood. */
export function guestCliOf(choice: GuestChoice): GuestCli {
  if (choice.kind === 'known') return KNOWN[choice.id]
  return choice.kind === 'acp' ? acpGuest : anyCommand
}
