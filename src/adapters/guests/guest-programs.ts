import type { KnownGuest } from '#domain/task'

/** A known guest's program, and the package that brings it. */
export interface GuestProgram {
  readonly program: string
  readonly package: string
}

export const GUEST_PROGRAMS: Readonly<Record<KnownGuest, GuestProgram>> = {
  'claude-code': { program: 'claude', package: '@anthropic-ai/claude-code' },
  codex: { program: 'codex', package: '@openai/codex' },
  opencode: { program: 'opencode', package: 'opencode-ai' },
  pi: { program: 'pi', package: '@mariozechner/pi-coding-agent' },
  'qwen-code': { program: 'qwen', package: '@qwen-code/qwen-code' },
}
