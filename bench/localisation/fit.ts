import { FEATURES, type Feature } from '#execution-plane/localisation'

/** Features of the files of one instance, and which of them its fix changed. */
export interface Lesson {
  readonly repo: string
  readonly features: readonly (readonly number[])[]
  readonly gold: readonly boolean[]
}

export type Weights = Readonly<Record<Feature, number>>

const STEPS = 400
const RATE = 0.1
const MOMENTUM = 0.9
const SPREAD = 0.999
/** Files of an instance that a fit looks at: beyond those that are near by the plain sum, weights change nothing. */
const NEAREST = 250
const AGAINST: ReadonlySet<Feature> = new Set(['test', 'package_entry', 'aside', 'no_code'])

/**
 * Weights under which a softmax over the files of an instance gives its gold files the most, by Adam (Kingma and Ba,
 * 2015). Repositories count by the root of their instances, so that the largest does not speak for all. `pull` draws
 * weights towards zero: it stands in for the repositories nobody has seen. `without` is left at zero.
 */
export function fitWeights(
  lessons: readonly Lesson[],
  pull: number,
  without: ReadonlySet<Feature> = new Set(),
): Weights {
  const told = lessons.map(nearest).filter(({ gold }) => gold.some(Boolean))
  const shares = sharesOf(told)
  const size = FEATURES.length
  const weights = new Float64Array(size)
  const mean = new Float64Array(size)
  const spread = new Float64Array(size)
  for (let step = 1; step <= STEPS; step++) {
    const slope = slopeOf(told, shares, weights)
    for (const [at, feature] of FEATURES.entries()) {
      if (without.has(feature)) continue
      const down = (slope[at] ?? 0) - (pull / told.length) * (weights[at] ?? 0)
      mean[at] = MOMENTUM * (mean[at] ?? 0) + (1 - MOMENTUM) * down
      spread[at] = SPREAD * (spread[at] ?? 0) + (1 - SPREAD) * down * down
      const steady = Math.sqrt((spread[at] ?? 0) / (1 - SPREAD ** step)) + 1e-8
      weights[at] = (weights[at] ?? 0) + (RATE * (mean[at] ?? 0)) / (1 - MOMENTUM ** step) / steady
    }
  }
  return Object.fromEntries(FEATURES.map((feature, at) => [feature, weights[at] ?? 0])) as Record<Feature, number>
}

/** What a file scores under weights. */
export const scored = (features: readonly number[], weights: Weights): number =>
  FEATURES.reduce((sum, feature, at) => sum + weights[feature] * (features[at] ?? 0), 0)

interface Told {
  readonly repo: string
  readonly rows: Float64Array
  readonly gold: readonly boolean[]
}

const plainSum = (row: readonly number[]): number =>
  FEATURES.reduce((sum, feature, at) => sum + (row[at] ?? 0) * (AGAINST.has(feature) ? -1 : 1), 0)

function nearest({ repo, features, gold }: Lesson): Told {
  const order = features
    .map((row, at) => ({ row, at, sum: plainSum(row) }))
    .sort((a, b) => b.sum - a.sum || a.at - b.at)
  const kept = order.filter(({ at }, place) => place < NEAREST || gold[at] === true)
  return {
    repo,
    rows: Float64Array.from(kept.flatMap(({ row }) => row)),
    gold: kept.map(({ at }) => gold[at] === true),
  }
}

function sharesOf(lessons: readonly Told[]): readonly number[] {
  const counts = new Map<string, number>()
  for (const { repo } of lessons) counts.set(repo, (counts.get(repo) ?? 0) + 1)
  const raw = lessons.map(({ repo }) => 1 / Math.sqrt(counts.get(repo) ?? 1))
  const sum = raw.reduce((total, share) => total + share, 0)
  return raw.map((share) => share / sum)
}

function slopeOf(lessons: readonly Told[], shares: readonly number[], weights: Float64Array): Float64Array {
  const slope = new Float64Array(weights.length)
  for (const [at, { rows, gold }] of lessons.entries()) {
    const golden = gold.filter(Boolean).length
    const powers = powersOf(rows, gold.length, weights)
    const total = powers.reduce((sum, power) => sum + power, 0)
    for (let file = 0; file < gold.length; file++) {
      const off = (shares[at] ?? 0) * ((gold[file] === true ? 1 / golden : 0) - (powers[file] ?? 0) / total)
      for (let index = 0; index < weights.length; index++)
        slope[index] = (slope[index] ?? 0) + off * (rows[file * weights.length + index] ?? 0)
    }
  }
  return slope
}

function powersOf(rows: Float64Array, files: number, weights: Float64Array): Float64Array {
  const scores = new Float64Array(files)
  let most = Number.NEGATIVE_INFINITY
  for (let file = 0; file < files; file++) {
    let score = 0
    for (let index = 0; index < weights.length; index++)
      score += (rows[file * weights.length + index] ?? 0) * (weights[index] ?? 0)
    scores[file] = score
    most = Math.max(most, score)
  }
  for (let file = 0; file < files; file++) scores[file] = Math.exp((scores[file] ?? 0) - most)
  return scores
}
