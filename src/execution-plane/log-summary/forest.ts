/**
 * Trees learnt by gradient boosting, flattened: node `n` asks whether feature `feature[n]` is at most `threshold[n]`,
 * goes to `left[n]` or else to `left[n] + 1`; where `feature[n]` is -1 it is a leaf worth `threshold[n]`.
 */
export interface Forest {
  readonly roots: Int32Array
  readonly feature: Int16Array
  readonly threshold: Float32Array
  readonly left: Int32Array
}

/** What the trees make of each row: the log of the odds that its line belongs to the cause. */
export function scoresOf(forest: Forest, rows: Float32Array, width: number): Float32Array {
  const { roots, feature, threshold, left } = forest
  const scores = new Float32Array(rows.length / width)
  for (let row = 0; row < scores.length; row++) {
    const from = row * width
    let sum = 0
    for (const root of roots) {
      let node = root
      let asked = feature[node] ?? -1
      while (asked >= 0) {
        node = (left[node] ?? 0) + ((rows[from + asked] ?? 0) <= (threshold[node] ?? 0) ? 0 : 1)
        asked = feature[node] ?? -1
      }
      sum += threshold[node] ?? 0
    }
    scores[row] = sum
  }
  return scores
}
