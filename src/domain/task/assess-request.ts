import type { Criterion } from './task.ts'

/** What intake made of a request's words: accepted with its criteria, or refused with what is missing. */
type Assessment =
  | { readonly verdict: 'accepted'; readonly criteria: readonly Criterion[]; readonly is_fix: boolean }
  | { readonly verdict: 'refused'; readonly missing: readonly string[] }

interface Words {
  readonly title: string
  readonly description: string
  readonly acceptance_criteria: readonly string[]
}

const FILLER = new Set(
  'a an the this that it its is are be to of in on for and or with please can could you we i my our some any all just make do fix bug bugs issue issues problem problems error errors update improve better optimise optimize everything everywhere stuff thing things code service app application repo repository project clean up cleanup refactor tests test green work works working pass passing broken faster good nice'.split(
    ' ',
  ),
)
const FIX_WORDS =
  /\b(bug|fix(es|ed)?|wrong(ly)?|incorrect(ly)?|broken|crash(es|ed)?|fails?|failing|errors?|regression|silently|lost|loses?|drops|misses|overwrites?|ignores|should (not|have|be|give|return)|instead of|expected)\b/i

/**
 * Decides whether a request says enough to work on. Accepted needs a problem statement with at least three words that
 * carry meaning; criteria that were not stated are derived from its sentences and marked so.
 */
export function assessRequest(request: Words): Assessment {
  const text = `${request.title}\n${request.description}`
  const stated = request.acceptance_criteria.filter((entry) => meaningful(entry).length > 0)
  const missing: string[] = []
  if (meaningful(text).length < 3) missing.push('a problem statement: what happens now, in which part of the program')
  if (stated.length === 0 && meaningful(text).length < 3)
    missing.push('acceptance criteria: what must be true afterwards, so that it can be tested')
  if (missing.length > 0) return { verdict: 'refused', missing }
  const criteria: readonly Criterion[] =
    stated.length > 0 ? stated.map((entry) => ({ text: entry, origin: 'stated' })) : derive(request)
  return { verdict: 'accepted', criteria, is_fix: FIX_WORDS.test(text) }
}

function derive(request: Words): readonly Criterion[] {
  const sentences = request.description
    .replaceAll(/```[\s\S]*?```/g, ' ')
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.replace(/^[\s#>*-]+/, '').trim())
    .filter((sentence) => /\b(should|must|needs? to|expected|instead|has to|want)\b/i.test(sentence))
  const derived = [...new Set(sentences)].slice(0, 5)
  const texts = derived.length > 0 ? derived : [`What "${request.title.trim()}" describes is done.`]
  return [...texts, 'The tests that passed before still pass.'].map((text) => ({ text, origin: 'derived' }))
}

function meaningful(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_][\p{L}\p{N}_.-]+/gu) ?? []
  return [...new Set(words)].filter((word) => !FILLER.has(word))
}
