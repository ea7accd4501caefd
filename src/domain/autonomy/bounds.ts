/** How often something happened out of how often it could have. */
export interface Share {
  readonly hits: number
  readonly of: number
}

/** Standard deviations that leave one case in twenty on each side together. */
const Z = 1.96

/** The least share that the figures are compatible with (Wilson, 95 %); 0 where nothing was counted. */
export const lowerBound = ({ hits, of }: Share): number => (of === 0 ? 0 : wilson(hits / of, of, -1))

/** The greatest share that the figures are compatible with (Wilson, 95 %); 1 where nothing was counted. */
export const upperBound = ({ hits, of }: Share): number => (of === 0 ? 1 : wilson(hits / of, of, 1))

function wilson(share: number, n: number, side: 1 | -1): number {
  const z2 = (Z * Z) / n
  const spread = Z * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n))
  return Math.min(1, Math.max(0, (share + z2 / 2 + side * spread) / (1 + z2)))
}
