import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import type { SandboxDriver } from '#ports'

/** A kind of sandbox that the attacks are tried in. */
export interface SandboxKind {
  readonly name: 'bubblewrap' | 'docker'
  readonly makeDriver: (home: string) => SandboxDriver
  /** Why it cannot be had here; undefined when it can. */
  readonly obstacle?: string
}

/** Every kind, for `describe.each`. */
export const SANDBOX_KINDS: readonly SandboxKind[] = [
  { name: 'bubblewrap', makeDriver: (home) => createBubblewrapDriver({ home }) },
]

/** The same for whole runs: what the environment of `gander run` says. */
export const RUN_KINDS: readonly { readonly name: SandboxKind['name']; readonly env: NodeJS.ProcessEnv }[] = [
  { name: 'bubblewrap', env: {} },
]
