import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRunStore, openDatabase, type Database } from '#adapters/postgres'
import type { RunId } from '#domain/ids'
import type { RunStore } from '#ports'
import { identifiers } from '../../src/main/system-clock.ts'
import { askingRepository, publicNpmRegistry } from '../support/lab/asking-repository.ts'
import { finished, openLab, outcomeOf, until, type Lab } from '../support/lab/lab.ts'

const host = await publicNpmRegistry()
const CHANGE = ['--mode', 'dry_run_patch', '--json', '--', 'sh', '-c', 'echo new > notes.txt']

type Moment = (store: RunStore, run: RunId) => Promise<boolean>

/** The yes is on record, and nothing was done about it yet. */
const answered: Moment = async (store, run) => (await store.load(run))?.run.state !== 'awaiting_approval'
/** The yes was taken up, and the setup that it opens a host to is at work. */
const actedUpon: Moment = async (store, run) =>
  (await store.steps(run)).some(({ key, outcome_at }) => key === 'setup:1' && outcome_at === null)

let lab: Lab
let database: Database
let store: RunStore
let repository: string

describe.skipIf(host === undefined)(
  'a worker that is killed after a person said yes (skipped where the npm registry of this machine is no public https host that answers)',
  () => {
    beforeAll(async () => {
      lab = await openLab()
      database = await openDatabase({ home: lab.home })
      store = createRunStore({ database, identifiers })
      repository = await askingRepository(lab, 'asking')
    })
    afterAll(async () => {
      await database.close()
      await lab.close()
    })

    /** Types a command and kills its process as soon as the moment has come. */
    async function killed(words: readonly string[], moment: Moment, run: RunId): Promise<void> {
      const child = lab.start(words)
      const end = finished(child)
      await until(async () => {
        if (child.exitCode !== null) throw new Error('the command ended before it could be killed')
        return moment(store, run)
      }, 60_000)
      child.kill('SIGKILL')
      await end
    }

    it('AP-08 before it is acted upon and again in the middle: it is kept, used once, and the run goes on to its end', async () => {
      const waiting = outcomeOf(await lab.gander(['run', '--repo', repository, ...CHANGE]))
      expect(waiting).toMatchObject({ state: 'awaiting_approval', approval: { subject: [host] } })
      // The identifier is the program's own output.
      const run = waiting.run_id as RunId
      const given = { decision: 'approved', decided_by: 'ada' }

      await killed(['approve', run, '--by', 'ada', '--json'], answered, run)
      expect(await store.approvals(run)).toMatchObject([given])
      expect((await store.steps(run)).filter(({ key }) => key === 'setup:1')).toEqual([])
      expect((await lab.gander(['approve', run, '--by', 'eve'])).stderr).toMatch(/waits for no approval/)

      await killed(['continue', run, '--json'], actedUpon, run)
      const resumed = outcomeOf(await lab.gander(['continue', run, '--json']))
      expect(resumed).toMatchObject({ run_id: run, state: 'completed' })

      expect(await store.approvals(run)).toMatchObject([given])
      const steps = await store.steps(run)
      expect(steps.filter(({ key }) => key.startsWith('approval:'))).toHaveLength(1)
      expect(steps.filter(({ key }) => key === 'setup:1')).toMatchObject([
        { outcome: { value: { outcome: 'passed' } } },
      ])
      const events = (await store.events(run, 0)).map(({ event }) => event)
      expect(events.filter((event) => event === 'approval_decision')).toHaveLength(1)
    }, 180_000)
  },
)
