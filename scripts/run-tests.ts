import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { TestCounts } from './counting-reporter.ts'

/**
 * Runs the test suite and ends with the line `N passed, N failed`, whatever happens to the runner: a runner that dies
 * before it has counted is one failure. Arguments go to vitest.
 */
const folder = mkdtempSync(join(tmpdir(), 'gander-tests-'))
const file = join(folder, 'counts.json')
const reporters = ['--reporter=default', '--reporter=./scripts/counting-reporter.ts']
const vitest = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { ...process.env, GANDER_TEST_COUNTS: file },
  },
)
const counts = readCounts()
rmSync(folder, { recursive: true, force: true })
if (counts.skipped.length > 0) {
  console.log('Skipped, with what this machine lacks:')
  for (const { name, reason } of counts.skipped) console.log(`  - ${name}${reason === '' ? '' : `: ${reason}`}`)
}
if (counts.slowest.length > 1)
  console.log(`Slowest: ${counts.slowest.map(({ file, seconds }) => `${file} ${seconds}s`).join(', ')}`)
const skipped = counts.skipped.length > 0 ? `, ${counts.skipped.length} skipped` : ''
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`)
process.exitCode = counts.failed > 0 || vitest.status !== 0 ? 1 : 0

function readCounts(): TestCounts {
  try {
    const counts = JSON.parse(readFileSync(file, 'utf8')) as TestCounts
    const unseen = vitest.status !== 0 && counts.failed === 0 ? 1 : 0
    return { ...counts, failed: counts.failed + unseen }
  } catch {
    return { passed: 0, failed: 1, skipped: [], slowest: [] }
  }
}
