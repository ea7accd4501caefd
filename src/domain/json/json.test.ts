import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from './index.ts'

test('the text is the same whatever order the keys were given in, and reads back as the value', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).toReversed())
      expect(canonicalJson(turned)).toBe(canonicalJson(value))
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('keys are in the order of their UTF-16 code units, and undefined members are left out', () => {
  expect(canonicalJson({ '\u{1f600}': 1, '\ufb33': 2, b: undefined, a: [undefined, -0], 10: 3, 9: 4 })).toBe(
    '{"10":3,"9":4,"a":[null,0],"\u{1f600}":1,"\ufb33":2}',
  )
})

test('what has no JSON form is refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, { deep: [Symbol('x')] }])
    expect(() => canonicalJson(value)).toThrow(TypeError)
})
