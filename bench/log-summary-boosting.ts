/** Gradient boosting of small trees on the log of the odds, over histograms: enough of it to fit a scorer of lines. */

/** Rows to learn from; `bins` holds one byte for each feature of each row. */
export interface Lesson {
  readonly bins: Uint8Array
  readonly width: number
  readonly labels: Uint8Array
  readonly weights: Float32Array
  /** Rows of one group are taken into a tree or left out of it together. */
  readonly groups: Int32Array
}

export interface Boosting {
  readonly trees: number
  readonly leaves: number
  readonly rate: number
  readonly least_weight: number
  readonly ridge: number
  readonly features_share: number
  readonly groups_share: number
}

export interface Node {
  feature: number
  /** The last bin that goes left; in a leaf nothing. */
  bin: number
  left: number
  right: number
  value: number
}
export type Tree = readonly Node[]

const BINS = 64

/** Numbers that part each feature into at most 64 bins of about equal size. */
export function cutsOf(rows: Float32Array, width: number): readonly Float32Array[] {
  const count = rows.length / width
  const step = Math.max(1, Math.floor(count / 40_000))
  return Array.from({ length: width }, (_, feature) => {
    const values: number[] = []
    for (let row = 0; row < count; row += step) values.push(rows[row * width + feature] ?? 0)
    values.sort((left, right) => left - right)
    const distinct = [...new Set(values)]
    const chosen =
      distinct.length <= BINS
        ? distinct.slice(0, -1).map((value, at) => (value + (distinct[at + 1] ?? value)) / 2)
        : Array.from({ length: BINS - 1 }, (_cut, at) => values[Math.floor(((at + 1) * values.length) / BINS)] ?? 0)
    return Float32Array.from(new Set(chosen))
  })
}

/** The bin of every number. */
export function binned(rows: Float32Array, width: number, cuts: readonly Float32Array[]): Uint8Array {
  const bins = new Uint8Array(rows.length)
  for (let feature = 0; feature < width; feature++) {
    const own = cuts[feature] ?? new Float32Array()
    for (let at = feature; at < rows.length; at += width) {
      const value = rows[at] ?? 0
      let low = 0
      let high = own.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (value <= (own[middle] ?? 0)) high = middle
        else low = middle + 1
      }
      bins[at] = low
    }
  }
  return bins
}

interface Open {
  readonly node: number
  readonly rows: Int32Array
  readonly sums: Sums
  readonly split: Split
}

interface Split {
  readonly gain: number
  readonly feature: number
  readonly bin: number
}

/** Sums over rows by feature and bin; those of a node less those of one child are those of the other. */
interface Sums {
  readonly gradients: Float64Array
  readonly curvatures: Float64Array
}

/** Fits trees; `random` gives numbers from 0 to 1. */
export function boost(lesson: Lesson, how: Boosting, random: () => number): readonly Tree[] {
  const { bins, width, labels, weights, groups } = lesson
  const count = labels.length
  const scores = new Float32Array(count)
  const gradients = new Float32Array(count)
  const curvatures = new Float32Array(count)
  const group_count = groups.reduce((most, group) => Math.max(most, group + 1), 0)
  const trees: Tree[] = []
  for (let round = 0; round < how.trees; round++) {
    const taken = Uint8Array.from({ length: group_count }, () => (random() < how.groups_share ? 1 : 0))
    for (let row = 0; row < count; row++) {
      const odds = 1 / (1 + Math.exp(-(scores[row] ?? 0)))
      const weight = weights[row] ?? 0
      gradients[row] = (odds - (labels[row] ?? 0)) * weight
      curvatures[row] = Math.max(1e-6, odds * (1 - odds)) * weight
    }
    const features = Array.from({ length: width }, (_, feature) => feature).filter(() => random() < how.features_share)
    const rows = Int32Array.from({ length: count }, (_, row) => row).filter((row) => taken[groups[row] ?? 0] === 1)
    const tree = grow({ bins, width, gradients, curvatures, features }, rows, how)
    for (let row = 0; row < count; row++) scores[row] = (scores[row] ?? 0) + walk(tree, bins, row * width)
    trees.push(tree)
  }
  return trees
}

function walk(tree: Tree, bins: Uint8Array, from: number): number {
  let node = tree[0]
  while (node !== undefined && node.feature >= 0)
    node = tree[(bins[from + node.feature] ?? 0) <= node.bin ? node.left : node.right]
  return node?.value ?? 0
}

interface Ground {
  readonly bins: Uint8Array
  readonly width: number
  readonly gradients: Float32Array
  readonly curvatures: Float32Array
  readonly features: readonly number[]
}

function grow(ground: Ground, all: Int32Array, how: Boosting): Tree {
  const nodes: Node[] = []
  const open: Open[] = []
  const add = (rows: Int32Array, sums: Sums): number => {
    const [gradient, curvature] = totalOf(ground, rows)
    const value = (-how.rate * gradient) / (curvature + how.ridge)
    const node = nodes.push({ feature: -1, bin: 0, left: 0, right: 0, value }) - 1
    const split = rows.length < 2 ? undefined : bestSplit(ground, sums, { gradient, curvature, how })
    if (split !== undefined) open.push({ node, rows, sums, split })
    return node
  }
  add(all, sumsOf(ground, all))
  for (let leaves = 1; leaves < how.leaves && open.length > 0; leaves++) {
    open.sort((left, right) => left.split.gain - right.split.gain)
    const next = open.pop()
    const node = next === undefined ? undefined : nodes[next.node]
    if (next === undefined || node === undefined) break
    const { rows, sums, split } = next
    const goesLeft = (row: number): boolean => (ground.bins[row * ground.width + split.feature] ?? 0) <= split.bin
    const left = rows.filter((row) => goesLeft(row))
    const right = rows.filter((row) => !goesLeft(row))
    const small = sumsOf(ground, left.length < right.length ? left : right)
    const large = {
      gradients: less(sums.gradients, small.gradients),
      curvatures: less(sums.curvatures, small.curvatures),
    }
    node.feature = split.feature
    node.bin = split.bin
    node.left = add(left, left.length < right.length ? small : large)
    node.right = add(right, left.length < right.length ? large : small)
  }
  return nodes
}

function totalOf({ gradients, curvatures }: Ground, rows: Int32Array): readonly [number, number] {
  let gradient = 0
  let curvature = 0
  for (const row of rows) {
    gradient += gradients[row] ?? 0
    curvature += curvatures[row] ?? 0
  }
  return [gradient, curvature]
}

/** Takes the second from the first, in place. */
function less(from: Float64Array, taken: Float64Array): Float64Array {
  for (let at = 0; at < from.length; at++) from[at] = (from[at] ?? 0) - (taken[at] ?? 0)
  return from
}

function sumsOf(ground: Ground, rows: Int32Array): Sums {
  const { bins, width, features } = ground
  const gradients = new Float64Array(width * BINS)
  const curvatures = new Float64Array(width * BINS)
  for (const row of rows) {
    const gradient = ground.gradients[row] ?? 0
    const curvature = ground.curvatures[row] ?? 0
    const from = row * width
    for (const feature of features) {
      const at = feature * BINS + (bins[from + feature] ?? 0)
      gradients[at] = (gradients[at] ?? 0) + gradient
      curvatures[at] = (curvatures[at] ?? 0) + curvature
    }
  }
  return { gradients, curvatures }
}

function bestSplit(
  { features }: Ground,
  { gradients, curvatures }: Sums,
  sum: { readonly gradient: number; readonly curvature: number; readonly how: Boosting },
): Split | undefined {
  const { how } = sum
  const worth = (gradient: number, curvature: number): number => (gradient * gradient) / (curvature + how.ridge)
  const whole = worth(sum.gradient, sum.curvature)
  let best: Split | undefined
  for (const feature of features) {
    let gradient = 0
    let curvature = 0
    for (let bin = 0; bin < BINS - 1; bin++) {
      gradient += gradients[feature * BINS + bin] ?? 0
      curvature += curvatures[feature * BINS + bin] ?? 0
      if (curvature < how.least_weight || sum.curvature - curvature < how.least_weight) continue
      const gain = worth(gradient, curvature) + worth(sum.gradient - gradient, sum.curvature - curvature) - whole
      if (gain > (best?.gain ?? 1e-4)) best = { gain, feature, bin }
    }
  }
  return best
}
