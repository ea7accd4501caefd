import { linePrice } from './discount.js'
import { formatAmount } from './money.js'

/** Adds up the lines of a receipt; a voucher takes off at most what there is. */
export function total(lines, voucher = 0) {
  const sum = lines.reduce((so_far, { price, quantity }) => so_far + linePrice(price, quantity), 0)
  return Math.max(0, sum - voucher)
}

/** One line for each article and one for the total. */
export function print(lines, voucher = 0) {
  const rows = lines.map(
    ({ name, price, quantity }) => `${quantity} x ${name}: ${formatAmount(linePrice(price, quantity))}`,
  )
  return [...rows, `total: ${formatAmount(total(lines, voucher))}`].join('\n')
}
