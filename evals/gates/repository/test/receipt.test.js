import assert from 'node:assert/strict'
import { test } from 'node:test'
import { print, total } from '../src/receipt.js'

const LINES = [
  { name: 'tea', price: 350, quantity: 2 },
  { name: 'cup', price: 199, quantity: 10 },
]

test('lines are added up', () => {
  assert.equal(total(LINES), 2591)
  assert.equal(total([]), 0)
})

test('a voucher takes off at most what there is', () => {
  assert.equal(total(LINES, 591), 2000)
  assert.equal(total(LINES, 9000), 0)
})

test('a receipt has a line for each article and the total', () => {
  assert.equal(print(LINES, 91), '2 x tea: 7.00\n10 x cup: 18.91\ntotal: 25.00')
})
