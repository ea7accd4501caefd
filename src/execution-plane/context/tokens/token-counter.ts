import type { ModelChoice } from '#domain/task'
import { weighText } from './weigh-text.ts'

/** Tokenisers that make about as many tokens of the same text. */
type TokenFamily = 'openai' | 'anthropic' | 'google' | 'other'

/** Counts the tokens a model's own tokeniser would make, without it. */
export interface TokenCounter {
  readonly family: TokenFamily
  /** Estimated tokens of a text; for a mix of real sources hardly ever too few (see `weighText`). */
  count(text: string): number
}

/**
 * Tokens of a family for each of the greater of o200k_base and cl100k_base. 1.1 keeps what was measured for those two
 * from being too few; the other three publish no tokeniser that could be run here, so theirs are taken on the large side
 * and a run's own figures correct them (`calibrated`).
 */
const FACTORS: Readonly<Record<TokenFamily, number>> = { openai: 1.1, anthropic: 1.4, google: 1.2, other: 1.25 }

const NAMES: readonly (readonly [RegExp, TokenFamily])[] = [
  [/claude|anthropic/i, 'anthropic'],
  [/gemini|gemma|google/i, 'google'],
  [/gpt-oss|(^|[^a-z])(gpt|o[1-9]|codex)|openai/i, 'openai'],
]

/** The counter for a model by its name; null or a name that tells nothing: the careful one. */
export function tokenCounterOf(model: Pick<ModelChoice, 'provider' | 'model'> | null): TokenCounter {
  const said = model === null ? [] : [model.model, model.provider]
  const family =
    said.flatMap((name) => NAMES.filter(([pattern]) => pattern.test(name)).map(([, known]) => known))[0] ?? 'other'
  return { family, count: (text) => Math.ceil(weighText(text) * FACTORS[family]) }
}
