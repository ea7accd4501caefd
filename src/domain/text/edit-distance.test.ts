import { expect, test } from 'vitest'
import { editDistance } from './edit-distance.ts'

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['abc', '', 3],
  ['main', 'mian', 2],
  ['main', 'man', 1],
  ['kitten', 'sitting', 3],
])('from %j to %j there are %i changes', (left, right, changes) => expect(editDistance(left, right)).toBe(changes))
