/** Lessons made of annotated logs, folds by repository, and what a choice of lines is worth. */
import { Buffer } from 'node:buffer'
import {
  FEATURES,
  featuresOf,
  keptLines,
  LogKeeper,
  tellingRows,
  type Forest,
  type KeptLine,
} from '#execution-plane/log-summary'
import { binned, boost, cutsOf, type Boosting, type Lesson, type Tree } from './log-summary-boosting.ts'
import { goldOf, keyOf, type AnnotatedLog } from './log-summary-corpus.ts'

const BOOSTING: Boosting = {
  trees: 120,
  leaves: 16,
  rate: 0.1,
  least_weight: 0.5,
  ridge: 2,
  features_share: 0.4,
  groups_share: 0.7,
}
/** Marked lines of a log that a lesson takes, and others far from them; a long log teaches no more than a short one. */
const MOST_MARKED = 100
const MOST_OTHERS = 250
const NEAR = 25
const NEAR_SHARE = 0.5
const OTHER_WEIGHT = 0.05
/** A text this short is taken for marked only where the marked block stands. */
const TELLING_KEY = 12

/** A log as the summariser sees it. */
export interface ReadLog {
  readonly log: AnnotatedLog
  readonly lines: readonly KeptLine[]
  readonly total_lines: number
  readonly rows: Float32Array
  readonly keys: readonly string[]
  readonly gold: ReadonlySet<string>
  /** The marked lines that stand in the log letter by letter, trimmed. */
  readonly exact_gold: ReadonlySet<string>
}

/** Numbers from 0 to 1, the same ones each time. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Reads a log with the summariser's own reader. */
export function readLog(log: AnnotatedLog): ReadLog {
  const keeper = new LogKeeper()
  keeper.push(Buffer.from(log.text))
  const kept = keeper.end()
  const lines = keptLines(kept)
  const gold = goldOf(log, new Set(log.text.split('\n').map((line) => keyOf(line.trimEnd().split('\r').at(-1) ?? ''))))
  const keys = lines.map(({ text }) => keyOf(text))
  const texts = new Set(lines.map(({ text }) => text.trim()))
  const exact_gold = new Set(
    log.chunk
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && texts.has(line)),
  )
  const { total_lines } = kept
  return { log, lines, total_lines, rows: featuresOf(lines, total_lines), keys, gold, exact_gold }
}

/** Which kept lines are marked: those of the marked block, and others that say the same at some length. */
function labelsOf({ keys, gold, log }: ReadLog): Uint8Array {
  const often = new Map<string, number>()
  for (const key of keys) often.set(key, (often.get(key) ?? 0) + 1)
  const width = Math.max(20, log.chunk.split('\n').length * 2 + 5)
  const worth = keys.map((key) => (gold.has(key) ? 1 / (often.get(key) ?? 1) : 0))
  let sum = 0
  let best = { sum: -1, end: 0 }
  for (const [at, value] of worth.entries()) {
    sum += value - (worth[at - width] ?? 0)
    if (sum > best.sum + 1e-9) best = { sum, end: at }
  }
  return Uint8Array.from(keys, (key, at) =>
    gold.has(key) && (key.length >= TELLING_KEY || (at <= best.end && at > best.end - width)) ? 1 : 0,
  )
}

interface Sample {
  readonly row: number
  readonly label: 0 | 1
  readonly weight: number
}

function samplesOf(read: ReadLog, random: () => number): readonly Sample[] {
  const labels = labelsOf(read)
  const near = new Uint8Array(labels.length)
  for (const [at, label] of labels.entries()) if (label === 1) near.fill(1, Math.max(0, at - NEAR), at + NEAR + 1)
  const marked = labels.reduce((sum, label) => sum + label, 0)
  const others = near.reduce((sum, is, at) => sum + (is === 0 && read.keys[at] !== '' ? 1 : 0), 0)
  const marked_share = Math.min(1, MOST_MARKED / Math.max(1, marked))
  const others_share = Math.min(1, MOST_OTHERS / Math.max(1, others))
  const weight = (Math.sqrt(Math.min(marked, 50)) * 3) / Math.max(1, marked)
  const samples: Sample[] = []
  const take = (row: number, label: 0 | 1, { share, full }: { readonly share: number; readonly full: number }) => {
    if (random() < share) samples.push({ row, label, weight: Math.min(Math.max(0.3, full), full / share) })
  }
  for (const [row, key] of read.keys.entries()) {
    if (key === '') continue
    if (labels[row] === 1)
      samples.push(...(random() < marked_share ? [{ row, label: 1 as const, weight: weight / marked_share }] : []))
    else if (near[row] === 1) take(row, 0, { share: NEAR_SHARE, full: OTHER_WEIGHT })
    else take(row, 0, { share: others_share, full: OTHER_WEIGHT })
  }
  return samples
}

/** Fits a forest to logs. */
export function learn(logs: readonly ReadLog[], random: () => number, how: Boosting = BOOSTING): Forest {
  const repositories = [...new Set(logs.map(({ log }) => log.repository))]
  const samples = logs.flatMap((read) => samplesOf(read, random).map((sample) => ({ ...sample, read })))
  const rows = new Float32Array(samples.length * FEATURES)
  for (const [at, { read, row }] of samples.entries())
    rows.set(read.rows.subarray(row * FEATURES, (row + 1) * FEATURES), at * FEATURES)
  const cuts = cutsOf(rows, FEATURES)
  const lesson: Lesson = {
    bins: binned(rows, FEATURES, cuts),
    width: FEATURES,
    labels: Uint8Array.from(samples, ({ label }) => label),
    weights: Float32Array.from(samples, ({ weight }) => weight),
    groups: Int32Array.from(samples, ({ read }) => repositories.indexOf(read.log.repository)),
  }
  return flattened(boost(lesson, how, random), cuts)
}

function flattened(trees: readonly Tree[], cuts: readonly Float32Array[]): Forest {
  const roots: number[] = []
  const [feature, threshold, left]: [number[], number[], number[]] = [[], [], []]
  for (const tree of trees) {
    roots.push(feature.length)
    // Children stand side by side, so a node names only the left one.
    const queue = [0]
    const first = feature.length
    for (let at = 0; at < queue.length; at++) {
      const node = tree[queue[at] ?? 0]
      const is_leaf = node === undefined || node.feature < 0
      feature.push(is_leaf ? -1 : node.feature)
      threshold.push(is_leaf ? (node?.value ?? 0) : (cuts[node.feature]?.[node.bin] ?? 0))
      left.push(is_leaf ? 0 : first + queue.length)
      if (!is_leaf) queue.push(node.left, node.right)
    }
  }
  return {
    roots: Int32Array.from(roots),
    feature: Int16Array.from(feature),
    threshold: Float32Array.from(threshold),
    left: Int32Array.from(left),
  }
}

/** The repositories in so many folds; all logs of one are in the same. */
export function foldsOf(
  logs: readonly ReadLog[],
  folds: number,
  random: () => number,
): readonly (readonly ReadLog[])[] {
  const order = [...new Set(logs.map(({ log }) => log.repository))]
    .map((repository) => ({ repository, at: random() }))
    .sort((one, other) => one.at - other.at)
  const fold = new Map(order.map(({ repository }, at) => [repository, at % folds]))
  return Array.from({ length: folds }, (_, at) => logs.filter(({ log }) => fold.get(log.repository) === at))
}

/** Whether any and whether all of the marked lines are among the chosen. */
export interface Hit {
  readonly any: boolean
  readonly all: boolean
}

/** What the chosen rows are worth: by letters and digits, or by lines that are equal once trimmed. */
export function hitOf(read: ReadLog, rows: readonly number[], match: 'letters' | 'exact' = 'letters'): Hit {
  const gold = match === 'letters' ? read.gold : read.exact_gold
  const textOf = (row: number): string => (match === 'letters' ? read.keys[row] : read.lines[row]?.text.trim()) ?? ''
  const chosen = new Set(rows.map((row) => textOf(row)))
  const found = [...gold].filter((text) => chosen.has(text)).length
  return { any: found > 0, all: gold.size > 0 && found === gold.size }
}

/** The lines a forest chooses. */
export const rowsBy = (read: ReadLog, forest: Forest, most: number): readonly number[] =>
  tellingRows(read.lines, read.total_lines, { most, forest }).rows
