import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration, parseDuration } from '../src/index.js'

test('one unit is read', () => {
  assert.equal(parseDuration('90s'), 90)
  assert.equal(parseDuration('2h'), 7_200)
})

test('several units are added up', () => {
  assert.equal(parseDuration('1h30m'), 5_400)
})

test('what is no duration at all is refused', () => {
  assert.throws(() => parseDuration('soon'), SyntaxError)
})

test('what was written can be read again', () => {
  assert.equal(parseDuration(formatDuration(45)), 45)
})
