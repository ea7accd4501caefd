import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { createBubblewrapDriver, findToolchains } from '#adapters/sandboxes/bubblewrap'
import type { VerificationReport } from '#domain/verification'
import { focusedPhase, judgeVerification } from '#execution-plane/verifier'
import { verifierWorld } from './world.ts'

const home = mkdtempSync(join(tmpdir(), 'gander-own-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const driver = createBubblewrapDriver({ home })
const { available } = await driver.probe()
const tools = new Set(findToolchains(env).map(({ name }) => name))
const outcomes = (report: VerificationReport) =>
  Object.fromEntries(report.phases.flatMap((phase) => phase.tests).map(({ id, outcome }) => [id, outcome]))

const SUM = { 'sum.js': 'exports.sum = (a, b) => a + b\n' }
const testOf = (name: string, expected: number): string =>
  `require('node:test').test('${name}', () => require('node:assert').equal(require('../sum.js').sum(1, 2), ${expected}))\n`

describe.skipIf(!available)(
  'profiles that a repository says itself, in the real sandbox (skipped where there is none)',
  () => {
    it.skipIf(!tools.has('make'))(
      'targets of a Makefile are run, whatever file has their name, and tests that they print are known by name (skipped without make)',
      async () => {
        const world = await verifierWorld(
          {
            ...SUM,
            Makefile: 'test:\n\tnode --test --test-reporter=tap\n\nlint:\n\t! grep -n debugger sum.js\n',
            'test/a.js': testOf('adds', 3),
          },
          { driver },
        )
        expect(world.profile).toMatchObject({ id: 'makefile-standard', ecosystem: 'command' })
        const before = (await world.verify()).report
        expect(before.outcome, JSON.stringify(before, null, 1)).toBe('passed')
        expect(before.phases.map(({ shown, outcome }) => [shown, outcome])).toEqual([
          ['make test', 'passed'],
          ['make lint', 'passed'],
        ])
        expect(Object.keys(outcomes(before)).join()).toContain('adds')
        const after = (await world.verify({ 'sum.js': 'exports.sum = (a, b) => a - b // debugger\n', lint: '' })).report
        expect(after.phases.map(({ outcome }) => outcome)).toEqual(['failed', 'not_run'])
        expect(after.outcome).toBe('failed')
        expect(judgeVerification(before, after).answer).toBe('fail')
      },
    )

    it('.gander/verify.yaml of the base commit stands in for what the manifest says, runs a part where it says how, and is not read from a change', async () => {
      const profile = `id: house
ecosystem: node
phases:
  - {id: lint, required: false, command: [sh, -c, '! grep -n debugger sum.js']}
  - id: all_tests
    command: [node, --test, --test-reporter=tap]
    results: {format: tap, path: '-'}
    focus: {command: [node, --test, --test-reporter=tap, '{target}'], extensions: [.js]}
`
      const world = await verifierWorld(
        {
          ...SUM,
          'package.json': '{"scripts":{"test":"exit 1"}}',
          '.gander/verify.yaml': profile,
          'test/a.js': testOf('adds', 3),
          'test/b.js': testOf('adds again', 3),
        },
        { driver },
      )
      expect(world.profile).toMatchObject({ id: 'house', found_by: '.gander/verify.yaml' })
      const before = (await world.verify()).report
      expect(before.outcome, JSON.stringify(before, null, 1)).toBe('passed')
      const named = (report: VerificationReport) => Object.keys(outcomes(report)).join()
      expect(named(before)).toMatch(/adds.*adds again/)
      const part = focusedPhase(world.profile, ['test/b.js'])
      if (part === undefined) throw new Error('no part')
      const alone = (await world.verify({}, { ...world.profile, phases: [part] })).report
      expect(alone.outcome, JSON.stringify(alone, null, 1)).toBe('passed')
      expect(Object.keys(outcomes(alone))).toHaveLength(1)
      const after = (
        await world.verify({
          'sum.js': 'exports.sum = () => 0\n',
          '.gander/verify.yaml': 'phases: [{id: nothing, command: ["true"]}]\n',
        })
      ).report
      expect(judgeVerification(before, after)).toMatchObject({ answer: 'fail' })
    })
  },
)
