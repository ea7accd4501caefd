/**
 * The two halves of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009), with k1 = 1.2 and
 * b = 0.75.
 */
const K1 = 1.2
const B = 0.75

/** How rare a term is, over `total` texts of which `having` hold it; never negative. */
export const inverseFrequency = (having: number, total: number): number =>
  Math.log(1 + (total - having + 0.5) / (having + 0.5))

/** What a count is weighed against in a text `relative` times as long as the mean. */
export const lengthWeight = (relative: number): number => K1 * (1 - B + B * relative)

/** How much `count` occurrences say against a `lengthWeight`: at most 2.2. */
export const saturated = (count: number, length_weight: number): number => (count * (K1 + 1)) / (count + length_weight)
