import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAmount, parseAmount } from '../src/money.js'

test('an amount is read in cents', () => {
  assert.equal(parseAmount('12.50'), 1250)
  assert.equal(parseAmount('7'), 700)
  assert.equal(parseAmount('0.5'), 50)
  assert.equal(parseAmount(' 3.09 '), 309)
})

test('what is no amount is refused', () => {
  assert.throws(() => parseAmount('1.234'), TypeError)
  assert.throws(() => parseAmount('twelve'), TypeError)
  assert.throws(() => parseAmount(''), TypeError)
})

test('cents are written with two digits', () => {
  assert.equal(formatAmount(1250), '12.50')
  assert.equal(formatAmount(5), '0.05')
  assert.equal(formatAmount(0), '0.00')
  assert.equal(formatAmount(-199), '-1.99')
})
