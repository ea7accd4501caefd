const COINS = [200, 100, 50, 20, 10, 5, 2, 1]

/** The fewest coins that make an amount, largest first. */
export function coinsFor(cents) {
  if (cents < 0) throw new RangeError('no change for less than nothing')
  const coins = []
  let left = cents
  for (const coin of COINS) {
    while (left >= coin) {
      coins.push(coin)
      left -= coin
    }
  }
  return coins
}
