import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discountFor, linePrice } from '../src/discount.js'

test('a discount begins at ten and grows at a hundred', () => {
  assert.deepEqual([1, 9, 10, 99, 100, 500].map(discountFor), [0, 0, 5, 5, 15, 15])
})

test('a line costs price times quantity, less its discount', () => {
  assert.equal(linePrice(250, 2), 500)
  assert.equal(linePrice(199, 10), 1891)
  assert.equal(linePrice(10, 100), 850)
  assert.equal(linePrice(300, 1), 300)
})

test('a quantity is a whole number from one', () => {
  assert.throws(() => linePrice(100, 0), RangeError)
  assert.throws(() => linePrice(100, 1.5), RangeError)
  assert.throws(() => linePrice(100, -3), RangeError)
})
