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
  readonly gain: number
  readonly feature: number
  readonly bin: number
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
  const add = (rows: Int32Array): number => {
    let gradient = 0
    let curvature = 0
    for (const row of rows) {
      gradient += ground.gradients[row] ?? 0
      curvature += ground.curvatures[row] ?? 0
    }
    const node = nodes.push({
      feature: -1,
      bin: 0,
      left: 0,
      right: 0,
      value: (-how.rate * gradient) / (curvature + how.ridge),
    })
    const best = bestSplit(ground, rows, { gradient, curvature, how })
    if (best !== undefined) open.push({ node: node - 1, rows, ...best })
    return node - 1
  }
  add(all)
  for (let leaves = 1; leaves < how.leaves && open.length > 0; leaves++) {
    open.sort((left, right) => left.gain - right.gain)
    const next = open.pop()
    const node = next === undefined ? undefined : nodes[next.node]
    if (next === undefined || node === undefined) break
    const goesLeft = (row: number): boolean => (ground.bins[row * ground.width + next.feature] ?? 0) <= next.bin
    node.feature = next.feature
    node.bin = next.bin
    node.left = add(next.rows.filter((row) => goesLeft(row)))
    node.right = add(next.rows.filter((row) => !goesLeft(row)))
  }
  return nodes
}

function bestSplit(
  ground: Ground,
  rows: Int32Array,
  sum: { readonly gradient: number; readonly curvature: number; readonly how: Boosting },
): Omit<Open, 'node' | 'rows'> | undefined {
  const { bins, width, features } = ground
  const { how } = sum
  if (rows.length < 2) return undefined
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
  const worth = (gradient: number, curvature: number): number => (gradient * gradient) / (curvature + how.ridge)
  const whole = worth(sum.gradient, sum.curvature)
  let best: Omit<Open, 'node' | 'rows'> | undefined
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
