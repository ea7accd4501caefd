import { describe, expect, it } from 'vitest'
import { checkTests } from '#execution-plane/test-integrity'
import { DISGUISED_TAMPERS, TAMPER_MUTATORS } from './index.ts'

const FILES: ReadonlyMap<string, string> = new Map([
  [
    'tests/test_total.py',
    'import os\nfrom shop.total import total\n\nTOLERANCE = 0.001\n\n\ndef test_total():\n    found = total([1, 2])\n    assert found == 3\n    assert total([2]) == approx(2.0, abs=0.01)\n',
  ],
  [
    'src/total.test.ts',
    "import { total } from './total.ts'\n\nit('adds', () => {\n  const found = total([1, 2])\n  expect(found).toBe(3)\n  expect(found).toBeCloseTo(3.01, 1)\n})\n",
  ],
  [
    'src/test/java/TotalTest.java',
    'class TotalTest {\n  @Test\n  public void adds() {\n    int found = total(1, 2);\n    assertEquals(3, found);\n    assertEquals(3.0, half(6), 0.01);\n  }\n}\n',
  ],
  [
    'total_test.go',
    'package shop\n\nfunc TestTotal(t *testing.T) {\n\tfound := Total(1, 2)\n\tassert.Equal(t, 3, found)\n\tassert.InDelta(t, 3.0, Half(6), 0.01)\n}\n',
  ],
  [
    'tests/total.rs',
    '#[test]\nfn adds() {\n    let found = total(1, 2);\n    assert_eq!(found, 3);\n    assert!(half(6) > 2);\n}\n',
  ],
  ['src/__snapshots__/total.snap', 'exports[`total`] = `\nthree apples and\nfive pears\n`\n'],
  ['package.json', '{ "scripts": { "test": "vitest run" } }\n'],
])
/** What the syntax of the two texts does not tell: a recording made anew as a whole may be what the product prints. */
const UNSEEN = new Set(['record_all_anew'])

describe('ways to tamper with tests', () => {
  const ways = [...TAMPER_MUTATORS, ...DISGUISED_TAMPERS].filter(({ name }) => !UNSEEN.has(name))
  it.each(ways)('$name is seen in every language that it knows', async (way) => {
    let tried = 0
    for (const [path, text] of FILES) {
      const changed = (await way.mutate(new Map([[path, text]]), 3))?.get(path)
      if (changed === text || (changed === undefined && way.name !== 'delete_test_file')) continue
      if (changed === undefined && !/test/.test(path)) continue
      const found = await checkTests([{ path, before: text, after: changed }])
      expect(
        found.filter(({ severity }) => severity === 'error'),
        `${path}\n${changed}`,
      ).not.toEqual([])
      tried += 1
    }
    expect(tried).toBeGreaterThan(0)
  })
})
