import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coinsFor } from '../src/change.js'

test('change is given in the fewest coins', () => {
  assert.deepEqual(coinsFor(388), [200, 100, 50, 20, 10, 5, 2, 1])
  assert.deepEqual(coinsFor(400), [200, 200])
  assert.deepEqual(coinsFor(4), [2, 2])
})

test('nothing needs no coins, and less than nothing is refused', () => {
  assert.deepEqual(coinsFor(0), [])
  assert.throws(() => coinsFor(-1), RangeError)
})
