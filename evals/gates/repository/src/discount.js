/** Percent off for a quantity of one article. */
export function discountFor(quantity) {
  if (quantity >= 100) return 15
  if (quantity >= 10) return 5
  return 0
}

/** What a line of a receipt costs, in cents. */
export function linePrice(price, quantity) {
  if (!Number.isInteger(quantity) || quantity < 1) throw new RangeError('a quantity is a whole number from 1')
  const full = price * quantity
  return full - Math.floor((full * discountFor(quantity)) / 100)
}
