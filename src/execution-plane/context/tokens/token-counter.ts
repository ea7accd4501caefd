import type { ModelChoice } from '#domain/task'
import { weighText } from './weigh-text.ts'

/** Tokenisers that make about as many tokens of the same text. */
type TokenFamily = 'openai' | 'anthropic' | 'google' | 'qwen' | 'llama' | 'deepseek' | 'mistral' | 'other'

/** Counts the tokens a model's own tokeniser would make, without it. */
export interface TokenCounter {
  readonly family: TokenFamily
  /** Estimated tokens of a text; for a mix of real sources hardly ever too few (see `weighText`). */
  count(text: string): number
}

/**
 * Tokens of a family for each of the greater of o200k_base and cl100k_base: what its public tokeniser made of 117 files
 * (seven languages, documents, configuration, logs), and a tenth more so that it is not too few. Measured: gemini 1.15,
 * qwen3 0.97, llama3 0.96, deepseek_v3 1.03, mistral 1.25. Anthropic's last public one made 1.10; those of today are not
 * public, and 1.4 is a guess on the large side, as is `other`, which is as dear as the dearest that was measured. A run's
 * own figures correct them all.
 */
const FACTORS: Readonly<Record<TokenFamily, number>> = {
  openai: 1.1,
  anthropic: 1.4,
  google: 1.27,
  qwen: 1.1,
  llama: 1.1,
  deepseek: 1.15,
  mistral: 1.37,
  other: 1.37,
}

/** The first that fits; `ollama` serves any model. */
const NAMES: readonly (readonly [RegExp, TokenFamily])[] = [
  [/claude|anthropic/i, 'anthropic'],
  [/gemini|gemma|google/i, 'google'],
  [/deepseek/i, 'deepseek'],
  [/qwen|qwq/i, 'qwen'],
  [/(?:^|[^o])llama/i, 'llama'],
  [/mi[sx]tral|codestral|devstral/i, 'mistral'],
  [/gpt-oss|(^|[^a-z])(gpt|o[1-9]|codex)|openai/i, 'openai'],
]

/** The counter for a model by its name; null or a name that tells nothing: the careful one. */
export function tokenCounterOf(model: Pick<ModelChoice, 'provider' | 'model'> | null): TokenCounter {
  const said = model === null ? [] : [model.model, model.provider]
  const family =
    said.flatMap((name) => NAMES.filter(([pattern]) => pattern.test(name)).map(([, known]) => known))[0] ?? 'other'
  return { family, count: (text) => Math.ceil(weighText(text) * FACTORS[family]) }
}
