/** Runs the attacks and prints which were contained; ends with status 1 where one escaped or a test broke. */
import process from 'node:process'
import { startVitest } from 'vitest/node'
import { AttackTable } from '../test/support/attack-table.ts'

const vitest = await startVitest('test', process.argv.slice(2), {
  project: ['security'],
  reporters: ['default', new AttackTable()],
  watch: false,
})
await vitest.close()
