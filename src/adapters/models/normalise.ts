import { canonicalJson, type Json } from '#domain/json'

/** What changes from run to run without meaning anything, and what stands in its place. Order matters. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?\b/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b[a-z]{3,5}_[0-9a-hjkmnp-tv-z]{26}\b/g, '<id>'],
  [/(?:\/private)?\/(?:tmp|var\/tmp|var\/folders|run\/user\/\d+)\/[^\s'"`:;,)\]}]+/g, '<path>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b/gi, '<hash>'],
  [/\b\d+(\.\d+)?\s?(ms|µs|us|ns|s|sec|seconds?|minutes?|min)\b/g, '<duration>'],
  [/\bv?\d+\.\d+\.\d+(-[\w.]+)?\b/g, '<version>'],
]

/** Text without durations, versions, ids, hashes, times and temporary paths. */
const normaliseText = (text: string): string =>
  VOLATILE.reduce((current, [pattern, stand_in]) => current.replaceAll(pattern, stand_in), text)

/** Canonical text of tool arguments with every string normalised: equal for calls that mean the same. */
export const normalisedArguments = (value: Json): string => canonicalJson(normalised(value))

function normalised(value: Json): Json {
  if (typeof value === 'string') return normaliseText(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json) => normalised(item))
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normalised(member)]))
}
