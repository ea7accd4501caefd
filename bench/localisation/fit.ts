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

/**
 * Weights under which a softmax over the files of an instance gives its gold files the most, by Adam (Kingma and Ba,
 * 2015). Repositories count by the root of their instances, so that the largest does not speak for all. `pull` draws
 * weights towards zero: it stands in for the repositories nobody has seen.
 */
export function fitWeights(lessons: readonly Lesson[], pull: number): Weights {
  const shares = sharesOf(lessons)
  const size = FEATURES.length
  const weights = new Float64Array(size)
  const mean = new Float64Array(size)
  const spread = new Float64Array(size)
  for (let step = 1; step <= STEPS; step++) {
    const slope = slopeOf(lessons, shares, weights)
    for (let at = 0; at < size; at++) {
      const down = (slope[at] ?? 0) - (pull / lessons.length) * (weights[at] ?? 0)
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

function sharesOf(lessons: readonly Lesson[]): readonly number[] {
  const counts = new Map<string, number>()
  for (const { repo } of lessons) counts.set(repo, (counts.get(repo) ?? 0) + 1)
  const raw = lessons.map(({ repo }) => 1 / Math.sqrt(counts.get(repo) ?? 1))
  const sum = raw.reduce((total, share) => total + share, 0)
  return raw.map((share) => share / sum)
}

function slopeOf(lessons: readonly Lesson[], shares: readonly number[], weights: Float64Array): Float64Array {
  const slope = new Float64Array(weights.length)
  for (const [at, { features, gold }] of lessons.entries()) {
    const golden = gold.filter(Boolean).length
    if (golden === 0) continue
    const scores = features.map((row) => row.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0))
    const most = scores.reduce((best, score) => Math.max(best, score), Number.NEGATIVE_INFINITY)
    const powers = scores.map((score) => Math.exp(score - most))
    const total = powers.reduce((sum, power) => sum + power, 0)
    for (const [file, row] of features.entries()) {
      const off = (gold[file] === true ? 1 / golden : 0) - (powers[file] ?? 0) / total
      for (const [index, value] of row.entries()) slope[index] = (slope[index] ?? 0) + (shares[at] ?? 0) * off * value
    }
  }
  return slope
}
