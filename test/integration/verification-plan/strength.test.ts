import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '#domain/json'
import { trialWorld } from './trial-world.ts'

const world = trialWorld()
afterAll(() => world.remove())

const NODE = {
  'package.json': '{ "type": "module", "scripts": { "test": "node --test" } }\n',
  'src/price.js': 'export const price = (n) => n * 2\n\nexport function fee(n) {\n  return n > 10 ? 1 : 0\n}\n',
  'test/price.test.js':
    "import test from 'node:test'\nimport assert from 'node:assert/strict'\nimport { fee, price } from '../src/price.js'\n" +
    "test('a price is doubled', () => assert.equal(price(3), 6))\n" +
    "test('a fee starts above ten', () => {\n  assert.equal(fee(10), 0)\n  assert.equal(fee(11), 1)\n})\n",
}
const DISCOUNT =
  'export function discount(n) {\n  if (n >= 100) {\n    return n - 10\n  }\n  return n\n}\n\nexport function unused(n) {\n  return n + 1\n}\n'
const header =
  "import test from 'node:test'\nimport assert from 'node:assert/strict'\nimport { discount } from '../src/discount.js'\n"

describe('a Node project', () => {
  let shop: Awaited<ReturnType<typeof world.project>>
  beforeAll(async () => {
    shop = await world.project('node', NODE)
  })

  it('a test that asserts lets no reached mutant through, and lines no test reaches are named', async () => {
    const strong = `${header}test('large orders cost less', () => {\n  assert.equal(discount(100), 90)\n  assert.equal(discount(99), 99)\n  assert.equal(discount(101), 91)\n})\n`
    const proposal = await shop.propose({ 'src/discount.js': DISCOUNT, 'test/discount.test.js': strong }, 4)
    expect(proposal.bent).toBeUndefined()
    const { coverage, mutants } = await proposal.trials()
    expect(coverage).toMatchObject({
      measured: true,
      by: 'V8',
      files: [{ path: 'src/discount.js', uncovered: [8, 9] }],
    })
    const reached = mutants.filter(({ line }) => line < 8)
    expect(reached.length).toBeGreaterThanOrEqual(2)
    expect(reached.filter(({ outcome }) => outcome !== 'killed')).toEqual([])
    expect(mutants.filter(({ line }) => line > 8).map(({ outcome }) => outcome)).toContain('survived')
  })

  it('a test that asserts nothing lets every mutant through, and the same tree gives the same sample', async () => {
    const weak = `${header}test('large orders cost less', () => {\n  discount(100)\n  discount(1)\n})\n`
    const proposal = await shop.propose({ 'src/discount.js': DISCOUNT, 'test/discount.test.js': weak }, 3)
    const { mutants, kill_ratio } = await proposal.trials()
    expect(kill_ratio).toBeLessThan(0.5)
    expect(mutants).toHaveLength(3)
    expect(mutants.map(({ path }) => path)).toEqual(Array(3).fill('src/discount.js'))
  })

  it('a test bent to the change is told by the tests of the base commit', async () => {
    const bent = NODE['test/price.test.js'].replace('price(3), 6', 'price(3), 9')
    const source = NODE['src/price.js'].replace('n * 2', 'n * 3')
    const proposal = await shop.propose({ 'src/price.js': source, 'test/price.test.js': bent })
    expect(proposal.after.outcome).toBe('passed')
    expect(proposal.bent?.bent.map(({ id }) => id)).toEqual([expect.stringContaining('a price is doubled')])
    expect(proposal.bent?.unreadable).toEqual([])
  })

  it('a weakened test lets a mutant through that the base commit’s test notices, an honest rewrite does not', async () => {
    const weakened = NODE['test/price.test.js'].replace(
      '  assert.equal(fee(10), 0)\n  assert.equal(fee(11), 1)\n',
      '  fee(10)\n',
    )
    const proposal = await shop.propose({ 'test/price.test.js': weakened }, 6)
    expect(proposal.bent).toEqual({ bent: [], unreadable: [] })
    const { mutants } = await proposal.trials()
    const escaped = mutants.filter(({ outcome }) => outcome === 'escaped')
    expect(escaped).toContainEqual(
      expect.objectContaining({ path: 'src/price.js', line: 4, noticed_by: expect.stringContaining('a fee starts') }),
    )
    const honest = NODE['test/price.test.js'].replace(
      '  assert.equal(fee(10), 0)\n  assert.equal(fee(11), 1)\n',
      '  assert.deepEqual([10, 11].map(fee), [0, 1])\n',
    )
    const rewritten = await (await shop.propose({ 'test/price.test.js': honest }, 3)).trials()
    expect(rewritten.mutants.filter(({ outcome }) => outcome === 'escaped')).toEqual([])
  })

  it('a sample is of two mutants, what is on record is not tried again, and prose opens no sandbox', async () => {
    const strong = `${header}test('large orders cost less', () => {\n  assert.equal(discount(100), 90)\n  assert.equal(discount(99), 99)\n})\n`
    const proposal = await shop.propose({ 'src/discount.js': DISCOUNT, 'test/discount.test.js': strong })
    const record = new Map<string, Json>()
    const acted: string[] = []
    const once = (last: string) => async (part: string, act: () => Promise<Json>) => {
      const known = record.get(part)
      if (known !== undefined) return known
      acted.push(part)
      const value = await act()
      if (part === last) throw new Error('killed')
      record.set(part, value)
      return value
    }
    await expect(proposal.trials({ sample: true, once: once('2') })).rejects.toThrow('killed')
    const { mutants, coverage } = await proposal.trials({ sample: true, once: once('none') })
    expect(acted).toEqual(['picked', '1', '2', '2'])
    expect(mutants).toHaveLength(2)
    expect(coverage).toMatchObject({ measured: false, reason: expect.stringContaining('a sample') })
    const prose = await shop.propose({ 'README.md': '# Shop\n' })
    expect(await prose.trials({ sample: true })).toMatchObject({
      mutants: [],
      mutants_reason: 'no changed line of a source can be mutated',
    })
  })

  it('a mutant that never ends is stopped and counts as noticed', async () => {
    const loop = 'export function end() {\n  let done = false\n  while (!done) done = true\n  return done\n}\n'
    const test = header.replaceAll('discount', 'end') + "test('end', () => assert.equal(end(), true))\n"
    const proposal = await shop.propose({ 'src/end.js': loop, 'test/end.test.js': test }, 3)
    const { mutants } = await proposal.trials()
    expect(mutants.filter(({ line }) => line === 3).map(({ outcome }) => outcome)).toEqual(['killed'])
  })
})

describe('a Python project', () => {
  it('is measured by the tracer of the platform, and its mutants are tried', async () => {
    const shop = await world.project('python', {
      'shop/__init__.py': '',
      'shop/price.py': 'def price(n):\n    return n * 2\n',
      'tests/test_price.py':
        'import unittest\nfrom shop.price import price\n\nclass Price(unittest.TestCase):\n    def test_price(self):\n        self.assertEqual(price(3), 6)\n',
      'tests/__init__.py': '',
    })
    expect(shop.before.outcome).toBe('passed')
    const source = 'def price(n):\n    if n > 100:\n        return n + 1\n    return n * 3 - n\n'
    const proposal = await shop.propose({ 'shop/price.py': source })
    const { coverage, mutants } = await proposal.trials()
    expect(coverage).toMatchObject({
      measured: true,
      executable: 3,
      covered: 2,
      files: [{ path: 'shop/price.py', uncovered: [3] }],
    })
    const at = (place: number) => new Set(mutants.filter(({ line }) => line === place).map(({ outcome }) => outcome))
    expect([at(3), at(4)]).toEqual([new Set(['survived']), new Set(['killed'])])
  })
})
