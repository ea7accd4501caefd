import type { Embedder, RankedFile } from '#ports'

/** Files whose meaning is asked: a fix is nearly always among them, and a model's time is spent on no more. */
export const ASKED_BY_MEANING = 50
/** As much as the strongest of the fitted features. Chosen, not fitted: no model is at hand to fit it on. */
const WEIGHT = 1.2
const LONGEST_ISSUE = 2_000
const LONGEST_PASSAGE = 1_500
const PASSAGES_OF_FILE = 3
const NEAR = 0.8

/** Vectors that are known already, by a text's own words; kept between two questions. */
export interface VectorStore {
  get(embedder: string, text: string): Promise<Float32Array | undefined>
  keep(embedder: string, text: string, vector: Float32Array): Promise<void>
}

interface Meaning {
  readonly embedder: Embedder
  readonly vectors: VectorStore
  /** Text of a file of the commit; undefined where there is none. */
  readonly text: (path: string) => Promise<string | undefined>
  /** Makes a text fit to leave this process. */
  readonly redacted: (text: string) => Promise<string>
}

/**
 * Orders the likeliest files anew by how near what they say is to the issue, as an embedding model has it. Files it was
 * not asked about keep their place behind them. @throws Error where the model gives no vectors
 */
export async function rankByMeaning(
  files: readonly RankedFile[],
  issue: string,
  { embedder, vectors, text, redacted }: Meaning,
): Promise<readonly RankedFile[]> {
  const asked = files.slice(0, ASKED_BY_MEANING)
  const passages = await Promise.all(asked.map(async (file) => passagesOf(file, await text(file.path))))
  const cleaned = await Promise.all([issue.slice(0, LONGEST_ISSUE), ...passages.flat()].map(redacted))
  const [question, ...known] = await vectorsOf(cleaned, embedder, vectors)
  if (question === undefined) return files
  let at = 0
  const near = passages.map((own) => {
    const best = Math.max(-1, ...known.slice(at, at + own.length).map((vector) => cosine(question, vector)))
    at += own.length
    return best
  })
  const [least, most] = [Math.min(...near), Math.max(...near)]
  const moved = asked.map((file, place) => {
    const share = most > least ? ((near[place] ?? least) - least) / (most - least) : 0
    const reasons =
      share >= NEAR ? [...file.reasons, 'it means what the issue means, as the embedding model has it'] : file.reasons
    return { ...file, score: Math.round((file.score + WEIGHT * share) * 1_000) / 1_000, reasons }
  })
  return [...moved.sort((a, b) => b.score - a.score), ...files.slice(ASKED_BY_MEANING)]
}

/** What stands for a file: its likeliest functions under its path, or its beginning. */
function passagesOf({ path, functions }: RankedFile, text: string | undefined): readonly string[] {
  if (text === undefined) return [path]
  const lines = text.split('\n')
  const bodies = functions
    .slice(0, PASSAGES_OF_FILE)
    .map(({ start_line, end_line }) => lines.slice(start_line - 1, end_line).join('\n'))
  return (bodies.length === 0 ? [text] : bodies).map((body) => `${path}\n${body}`.slice(0, LONGEST_PASSAGE))
}

async function vectorsOf(
  texts: readonly string[],
  embedder: Embedder,
  store: VectorStore,
): Promise<readonly Float32Array[]> {
  const known = await Promise.all(texts.map((text) => store.get(embedder.name, text)))
  const missing = [...new Set(texts.filter((_, at) => known[at] === undefined))]
  const made = missing.length === 0 ? [] : await embedder.embed(missing)
  if (made.length !== missing.length)
    throw new Error(`${embedder.name} gave ${made.length} of ${missing.length} vectors`)
  await Promise.all(made.map((vector, at) => store.keep(embedder.name, missing[at] ?? '', vector)))
  const fresh = new Map(missing.map((text, at) => [text, made[at]]))
  return texts.flatMap((text, at) => known[at] ?? fresh.get(text) ?? [])
}

/** Of vectors of length 1; those of another width are of another model and say nothing. */
function cosine(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return -1
  let sum = 0
  for (const [at, value] of one.entries()) sum += value * (other[at] ?? 0)
  return sum
}
