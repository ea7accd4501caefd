import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { git, type Lab } from '../support/lab/lab.ts'
import { call, finish, plan, play } from '../support/lab/play.ts'
import { openResidentLab } from '../support/lab/resident-lab.ts'
import { packetOf, runScripted } from '../support/lab/session.ts'
import { python } from '../support/lab/solutions.ts'

const NEW_TEST = 'tests/test_added.py'

const added = (body: readonly string[], head: readonly string[] = []) =>
  call('file_write', {
    path: NEW_TEST,
    content: [
      'import unittest',
      ...head,
      'from stocktake import read_counts',
      '',
      '',
      'class Added(unittest.TestCase):',
      '    def test_added(self):',
      ...body.map((line) => `        ${line}`),
      '',
    ].join('\n'),
  })

const green = added(['self.assertEqual(read_counts(["bolts, 1"]), {"bolts": 1})'])
const red = added(['self.assertEqual(read_counts(["bolts, 1", "bolts, 2"]), {"bolts": 3})'])
/** It leaves a file behind, by which it fails the next time. */
const unsteady = added(
  [
    'self.assertEqual(read_counts(["bolts, 1", "bolts, 2"]), {"bolts": 3})',
    'self.assertFalse(os.path.exists("left-behind"))',
    'open("left-behind", "w").close()',
  ],
  ['import os'],
)

let lab: Lab
let repository: string
let first: string

beforeAll(async () => {
  lab = await openResidentLab()
  repository = await lab.repository('python')
  const broken =
    'import unittest\n\n\nclass Old(unittest.TestCase):\n    def test_old(self):\n        self.fail("long ago")\n'
  await mkdir(join(repository, 'tests'), { recursive: true })
  await writeFile(join(repository, 'tests/test_old.py'), broken)
  await git(repository, 'add', '-A')
  await git(repository, 'commit', '-q', '-m', 'a test that fails')
})
afterAll(() => lab.close())

const run = (...editing: Parameters<typeof play>[0]['editing'] & {}) =>
  runScripted(lab, play({ planning: [plan('stocktake/count.py')], editing }), {
    repository,
    words: ['--mode', 'dry_run_patch'],
  })

describe('a fix whose test passes without it', () => {
  it('goes back to its agent with the test’s name, and is proved by one that is red', async () => {
    const { outcome, requests } = await run(python.source, green, finish(), red, finish())
    expect(outcome.state).toBe('completed')
    first = outcome.run_id
    const opening = JSON.stringify(
      requests.find(({ turn }) => JSON.stringify(turn).includes('green_green'))?.turn ?? '',
    )
    expect(opening).toMatch(/the new test passes without the change[^"]*test_added/)
    const { verification, reproduction, verdicts } = (await packetOf(outcome)).evidence
    expect(verification.red_green?.tests).toMatchObject([{ proof: 'red_green', is_new: true }])
    expect(verification.red_green).toMatchObject({ rule: 'fix_needs_a_red_test', repeated: 2, unsteady: [] })
    expect(verification.red_green?.tree).toMatch(/^[0-9a-f]{40}$/)
    expect(verdicts.find(({ gate }) => gate === 'red_green')?.answer).toBe('pass')
    expect(reproduction?.status).toBe('reproduced')
    const owned = verification.failures?.map(({ kind, origin }) => `${kind} ${origin}`)
    expect(owned).toEqual(['test pre_existing', 'phase pre_existing'])
  })
})

describe('a second run at the same commit', () => {
  it('takes over the report of the first, says whose it is, and names a new test that is not steady', async () => {
    const { outcome, requests } = await run(python.source, unsteady, finish(), red, finish())
    expect(outcome.state).toBe('completed')
    const packet = await packetOf(outcome)
    expect(packet.evidence.verification.before?.reused_from).toBe(first)
    expect(packet.answers.what_proves_it.join('\n')).toContain(`verified by run ${first}`)
    const said = requests.map(({ turn }) => JSON.stringify(turn)).join('\n')
    expect(said).toMatch(/1 new test does not do the same each time: tests[^"]*test_added/)
    expect(said).toMatch(/test_added: passed 2 of 3 times/)
  })
})
