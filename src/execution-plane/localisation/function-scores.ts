import type { CodeIndex } from '#execution-plane/code-index'
import type { Findings } from './features.ts'
import type { Issue } from './issue.ts'

/** What is known of a function in view of an issue, each from 0 to 1 with 1 for the best of its file. */
export const FUNCTION_FEATURES = ['body', 'title', 'named', 'qualified', 'in_trace', 'container'] as const
export type FunctionFeature = (typeof FUNCTION_FEATURES)[number]

/** A declaration that is a chunk of its own, with what speaks for it. */
export interface FunctionCandidate {
  readonly symbol: number
  readonly features: Readonly<Record<FunctionFeature, number>>
}

const NAMED = 2
const CONTAINERS: ReadonlySet<string> = new Set(['class', 'interface', 'implementation', 'enum', 'module', 'type'])

/** The functions, methods and classes of one file. */
export function functionsOfRow(
  index: CodeIndex,
  { ground, content }: Findings,
  asked: { readonly issue: Issue; readonly row: number },
): readonly FunctionCandidate[] {
  const { issue, row } = asked
  const at = ground.rows[row]
  const segment = at === undefined ? undefined : index.segments[at.segment]
  const scores = at === undefined ? undefined : content.segments[at.segment]
  const docs = at === undefined ? undefined : ground.measures[at.segment]?.doc_of_chunk
  if (at === undefined || segment === undefined || scores === undefined || docs === undefined) return []
  const frames = framesIn(issue, at.path)
  const found: { readonly symbol: number; readonly features: Record<FunctionFeature, number> }[] = []
  for (let chunk = firstOf(docs, at.doc); docs[chunk] === at.doc; chunk++) {
    const symbol = segment.symbolOfChunk(chunk)
    if (symbol === undefined) continue
    const { name, container, kind } = segment.symbol(symbol)
    const weight = issue.words.get(name) ?? 0
    const owned = issue.qualified.some((one) => one.name === name && one.owner === container)
    const features = {
      body: scores.chunk[chunk] ?? 0,
      title: scores.title_chunk[chunk] ?? 0,
      named: weight >= NAMED ? 1 : weight >= 1 ? 0.5 : 0,
      qualified: owned ? 1 : 0,
      in_trace: frames.has(name) ? 1 : 0,
      container: CONTAINERS.has(kind) ? 1 : 0,
    }
    found.push({ symbol, features })
  }
  for (const feature of ['body', 'title'] as const) {
    const best = found.reduce((most, { features }) => Math.max(most, features[feature]), 0)
    for (const { features } of found) features[feature] = best === 0 ? 0 : features[feature] / best
  }
  return found
}

function framesIn({ frames }: Issue, path: string): ReadonlySet<string> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return new Set(
    frames.flatMap((frame) => (frame.path.endsWith(name) && frame.function !== undefined ? [frame.function] : [])),
  )
}

/** The first chunk of a document: chunks stand in the order of documents. */
function firstOf(docs: Uint32Array, doc: number): number {
  let [low, high] = [0, docs.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((docs[middle] ?? 0) < doc) low = middle + 1
    else high = middle
  }
  return low
}
