import type { KnownGuest } from '#domain/task'

/** A known guest's program, and the package that brings it. */
export interface GuestProgram {
  readonly program: string
  readonly package: string
  /** The version that was tried; another one may speak otherwise. */
  readonly tried: string
}

export const GUEST_PROGRAMS: Readonly<Record<KnownGuest, GuestProgram>> = {
  'claude-code': { program: 'claude', package: '@anthropic-ai/claude-code', tried: '2.1.330' },
  codex: { program: 'codex', package: '@openai/codex', tried: '0.169.0' },
  opencode: { program: 'opencode', package: 'opencode-ai', tried: '1.18.33' },
  pi: { program: 'pi', package: '@earendil-works/pi-coding-agent', tried: '0.87.1' },
  'qwen-code': { program: 'qwen', package: '@qwen-code/qwen-code', tried: '0.24.4' },
}
