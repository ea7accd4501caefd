import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration } from '../src/index.js'

test('the largest units come first', () => {
  assert.equal(formatDuration(5_400), '1h30m')
  assert.equal(formatDuration(90_061), '1d1h1m1s')
})

test('nothing is zero seconds', () => {
  assert.equal(formatDuration(0), '0s')
})

test('fractions and negative lengths are refused', () => {
  assert.throws(() => formatDuration(1.5), RangeError)
  assert.throws(() => formatDuration(-1), RangeError)
})
