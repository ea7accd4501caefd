import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createRunStore, openDatabase, type Database } from '#adapters/postgres'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import type { StepRecord } from '#ports'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identifiers } from '../../src/main/system-clock.ts'
import { finished, openLab, outcomeOf, until, type Lab } from '../support/lab/lab.ts'
import { call, finish, plan, play } from '../support/lab/play.ts'
import { KEY, modelWords, packetOf, runScripted } from '../support/lab/session.ts'
import { startScriptedModel } from '../support/scripted-model/index.ts'

const PRICE = 'def fee(amount):\n    if amount > 10:\n        return 1\n    return 0\n'
const TESTS = `import json
import unittest
from shop.price import fee


class Fee(unittest.TestCase):
    def test_fee(self):
        with open("tests/fixtures/fees.json") as file:
            for amount, expected in json.load(file):
                self.assertEqual(fee(amount), expected)
`
const FILES = {
  'shop/__init__.py': '',
  'shop/auth/__init__.py': '',
  'shop/price.py': PRICE,
  'tests/__init__.py': '',
  'tests/test_price.py': TESTS,
  'tests/fixtures/fees.json': '[[10, 0], [11, 1]]\n',
  'tests/integration/__init__.py': '',
  'tests/integration/test_shop.py': TESTS.replaceAll('Fee', 'Shop'),
}
const ISSUES = {
  'bent.md': '# The fee is wrong for large amounts\n\nAn amount of 100 has to pay a fee of 2; it pays 1.\n',
  'risky.md': '# Sessions\n\nAdd a function `minutes` in `shop/auth/session.py`: 30, and 5 for guests.\n',
}

/** How long a tried mutant is waited for, and the pause between looks: one is tried for half a second. */
const LOOKS = [120_000, 50] as const

let lab: Lab
let repository: string

beforeAll(async () => {
  lab = await openLab()
  const folder = join(lab.root, 'shop')
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  for (const [name, text] of Object.entries(ISSUES)) await writeFile(join(lab.root, name), text)
  repository = await lab.repository({ folder })
})
afterAll(() => lab.close())

const write = (path: string, content: string) => call('file_write', { path, content })
const test = (name: string, from: string, ...asserted: readonly string[]) =>
  [
    'import unittest',
    from,
    '',
    '',
    `class ${name}(unittest.TestCase):`,
    `    def test_${name.toLowerCase()}(self):`,
    ...asserted.map((line) => `        ${line}`),
    '',
  ].join('\n')

describe('a change of behaviour that bends what the existing test expects', () => {
  it('is stopped, and people read which test of the base commit says otherwise and what to do', async () => {
    const large = test('Large', 'from shop.price import fee', 'self.assertEqual(fee(100), 2)')
    const editing = [
      call('file_read', { path: 'shop/price.py' }),
      call('file_edit', {
        path: 'shop/price.py',
        old_text: '    if amount > 10:\n',
        new_text: '    if amount >= 100:\n        return 2\n    if amount > 11:\n',
      }),
      write('tests/test_large.py', large),
      call('file_read', { path: 'tests/fixtures/fees.json' }),
      call('file_edit', { path: 'tests/fixtures/fees.json', old_text: '[11, 1]', new_text: '[11, 0], [12, 1]' }),
      ...Array(6).fill(finish()),
    ]
    const { outcome, requests } = await runScripted(lab, play({ planning: [plan('shop/price.py')], editing }), {
      repository,
      issue: join(lab.root, 'bent.md'),
      words: ['--mode', 'dry_run_patch'],
    })
    expect(outcome).toMatchObject({ state: 'needs_human', gates: { red_green: 'pass', test_strength: 'fail' } })
    expect(outcome['diagnosis']).toMatchObject({
      why: expect.stringMatching(
        /tests\/test_price.py::Fee::test_fee as it is on the base commit passes there and fails[^;]*; the test was changed to fit the change: put it back, or say in the task/,
      ),
    })
    const told = requests.map(({ turn }) => JSON.stringify(turn.messages.at(-1))).join('\n')
    expect(told).toContain('Fee::test_fee as it is on the base commit passes there and fails')
    // What is no already is not measured any further.
    const { strength } = (await packetOf(outcome)).evidence
    expect(strength).toMatchObject({ mutants: [], mutants_reason: expect.stringContaining('no already') })
  })
})

describe('a change of high risk', () => {
  it('runs every rung it has, shows the table, and a killed worker repeats no mutant', async () => {
    const session = 'def minutes(is_guest):\n    if is_guest:\n        return 5\n    return 30\n'
    const own = test(
      'Session',
      'from shop.auth.session import minutes',
      'self.assertEqual(minutes(True), 5)',
      'self.assertEqual(minutes(False), 30)',
    )
    const script = play({
      planning: [plan('shop/auth/session.py')],
      editing: [write('shop/auth/session.py', session), write('tests/test_session.py', own), finish()],
    })
    const model = await startScriptedModel(script)
    const env = { SCRIPTED_API_KEY: KEY }
    const words = ['--issue', join(lab.root, 'risky.md'), '--mode', 'dry_run_patch']
    const database: Database = await openDatabase({ home: lab.home })
    try {
      const store = createRunStore({ database, identifiers })
      const latest = async () => (await store.list(LOCAL_TENANT, 1))[0]?.run.id
      const before = await latest()
      const child = lab.start(
        ['run', '--repo', repository, ...words, ...modelWords(model.url('anthropic')), '--json'],
        env,
      )
      const end = finished(child)
      let run: RunId | undefined
      const mutants = async (): Promise<readonly StepRecord[]> => {
        run = await latest()
        if (run === undefined || run === before) return []
        return (await store.steps(run)).filter(({ key }) => /^mutants:.*:\d+$/.test(key))
      }
      let tried: readonly StepRecord[] = []
      await until(
        async () => {
          if (child.exitCode !== null) throw new Error(JSON.stringify(await end))
          tried = (await mutants()).filter(({ outcome }) => outcome !== null)
          return tried.length >= 1
        },
        ...LOOKS,
      )
      child.kill('SIGKILL')
      await end
      tried = (await mutants()).filter(({ outcome }) => outcome !== null)
      const resumed = await lab.gander(['continue', run ?? '', '--json'], { env })
      const outcome = outcomeOf(resumed)
      expect(outcome).toMatchObject({ run_id: run, state: 'completed', gates: { test_strength: 'pass' } })
      const all = await mutants()
      // Each is on record once; what was there before the end of the first worker is there as it was.
      expect(all.slice(0, tried.length)).toEqual(tried)
      expect(tried.length).toBeLessThan(all.length)
      const strength = (await packetOf(outcome)).evidence.strength
      expect(strength?.mutants.map((mutant) => mutant.outcome)).toEqual(all.map(() => 'killed'))
      const shown = (await lab.gander(['show', outcome.run_id])).stdout
      expect(shown).toContain('Verification plan, high risk')
      for (const row of [
        /✓ +all tests +required +unit_tests/,
        /✓ +base tests +required +as on the base commit, without what the change adds/,
        /✓ +mutation +required +(\d+) of \1 mutants noticed/,
        /✓ +integration +optional +a folder of integration tests, among all tests/,
        /✓ +changed line coverage +optional +4 of 4 changed lines reached/,
        /– +types +required +the profile has no phase for types/,
      ])
        expect(shown).toMatch(row)
    } finally {
      await database.close()
      await model.close()
    }
  })
})
