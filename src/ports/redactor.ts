/** What was cut out of a text. */
export interface Redaction {
  readonly text: string
  readonly count: number
  /** Kinds found, such as `registered`, `github_token`, `private_key`. Never the value. */
  readonly kinds: readonly string[]
  /** True when a registered value (a secret the platform holds) was found: an incident. */
  readonly confirmed: boolean
}

/** Cuts secrets out of text before it reaches a model, log, record, artifact, packet, pull request or terminal. */
export interface Redactor {
  /** Registers an exact secret value; from then on it is found in all its encodings. Short values (< 8) are ignored. */
  register(name: string, value: string): void
  redact(text: string): Promise<Redaction>
  /** What `redact` calls `confirmed`, without looking for anything else. Absent means that only `redact` tells. */
  holdsRegistered?(text: string): boolean
  /** Version of rules and patterns: one of the twelve versions. */
  readonly version: string
}
