/** What was cut out of a text. */
export interface Redaction {
  readonly text: string
  readonly count: number
  /** Kinds found, such as `registered`, `github_token`, `private_key`, `email_address`. Never the value. */
  readonly kinds: readonly string[]
  /** How often each kind was cut. */
  readonly by_kind?: { readonly [kind: string]: number }
  /** Characters cut out, so that a large block that went is seen as one. */
  readonly removed?: number
  /** True when a registered value (a secret the platform holds) was found: an incident. */
  readonly confirmed: boolean
}

/** Personal data that is cut where the reader is not entitled to it. */
export type PersonalClass = 'email_address' | 'private_url' | 'phone_number' | 'iban' | 'payment_card'

/** What is cut besides credentials. Credentials are always cut, and no option spares one. */
export interface RedactionOptions {
  /** Absent or empty: no personal data is cut. */
  readonly classes?: readonly PersonalClass[]
  /** Personal data that stands in this text is kept: it is known to the reader already. Absent: none is. */
  readonly except?: string
}

/** Cuts secrets out of text before it reaches a model, log, record, artifact, packet, pull request or terminal. */
export interface Redactor {
  /** Registers an exact secret value; from then on it is found in all its encodings. Short values (< 8) are ignored. */
  register(name: string, value: string): void
  redact(text: string, options?: RedactionOptions): Promise<Redaction>
  /** What `redact` calls `confirmed`, without looking for anything else. Absent means that only `redact` tells. */
  holdsRegistered?(text: string): boolean
  /**
   * The same over a text that comes in pieces: what leaves is what `redact` would leave of the whole, give or take the
   * overlap that is held back until enough has followed. Absent means that only whole texts are redacted.
   */
  stream?(options?: RedactionOptions): RedactionStream
  /** Version of rules and patterns: one of the twelve versions. */
  readonly version: string
}

/** Redacts a text piece by piece. */
export interface RedactionStream {
  /** Takes a piece and gives what can be said by now. */
  push(piece: string): Promise<string>
  /** Gives the rest, and what was cut over the whole stream; `text` is the rest. */
  end(): Promise<Redaction>
}
