import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunId } from '#domain/ids'
import type { AgentChoice } from '#domain/task'
import { allEnded, leave } from '../chaos/kit/settle.ts'
import { openWorld, saidBy, signal, waitUntil, type World } from '../chaos/kit/world.ts'
import { onThisMachine } from '../support/machine-time.ts'

let world: World

beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** A change whose one command takes longer than a worker that leaves would wait. */
const SLOW: AgentChoice = {
  kind: 'transform',
  rule: { kind: 'command', argv: ['sh', '-c', 'sleep 12; echo "and good night" >> greeting.txt'] },
}

const runOf = async (run: RunId) => {
  const [row] = await world.sql<{ state: string; attempts: number; fence: number }>(
    'select state, attempts, fence from gander.run where id = $1',
    [run],
  )
  return row
}
const returns = async (run: RunId) =>
  (
    await world.sql<{ reason: string }>(
      "select facts ->> 'reason' as reason from gander.audit_event where run_id = $1 and event = 'run_returned_to_queue'",
      [run],
    )
  ).map(({ reason }) => reason)

describe('control plane and workers apart', () => {
  it('work together where homes differ and a folder is shared: what one began the other ends', async () => {
    const own = (name: string) => ({ env: { GANDER_HOME: join(world.root, name), GANDER_SHARED: world.home } })
    for (const name of ['home-a', 'home-b']) await mkdir(join(world.root, name))
    const plane = await world.start(['control-plane', '--port', '0'], { name: 'plane' })
    const url = await saidBy(plane, /"event":"listening","url":"([^"]+)"/)
    const token = (await readFile(join(world.home, 'server-token'), 'utf8')).trim()
    const [run] = await world.submit(1, { agent: SLOW })
    const first = await world.worker('a', ['--drain-seconds', '1'], own('home-a'))
    await waitUntil(async () => (await runOf(run as RunId))?.state === 'editing', 60_000)
    await sleep(500)
    const began = Date.now()
    signal(first.pid, 'SIGTERM')
    expect(await first.gone).toBe(0)
    // A second of patience with the run, five with its step, and the time a busy machine takes to end a process.
    expect(Date.now() - began).toBeLessThan(onThisMachine(30_000))
    expect(await runOf(run as RunId)).toEqual({ state: 'queued', attempts: 0, fence: 1 })
    expect(await returns(run as RunId)).toEqual(['worker_left'])
    const second = await world.worker('b', [], own('home-b'))
    await allEnded(world, 120_000)
    expect((await runOf(run as RunId))?.state).toBe('completed')
    const answer = await fetch(`${url}/v1/runs/${run}`, { headers: { authorization: `Bearer ${token}` } })
    expect(await answer.json()).toMatchObject({ run: { id: run, state: 'completed' } })
    await leave([second, plane])
  }, 240_000)

  it('say what they wait for while the database is away', async () => {
    const env = { DATABASE_URL: 'postgres://gander:x@127.0.0.1:9/gander' }
    const worker = await world.start(['worker', '--name', 'early'], { name: 'early', env })
    expect(await saidBy(worker, /"event":"waiting","what":"([^"]+)"/)).toMatch(/does not answer.*Waiting for it/)
    signal(worker.pid, 'SIGTERM')
    await worker.gone
  })

  it('leave new runs to a newer program, in one clear word, where it has brought the schema up', async () => {
    const worker = await world.worker('older')
    await world.sql("insert into gander.schema_migration (name, sha256) values ('9999_of_the_future', '')")
    expect(await saidBy(worker, /"event":"takes_no_more","why":"([^"]+)"/)).toContain('9999_of_the_future')
    const [run] = await world.submit(1)
    await sleep(2_000)
    expect((await runOf(run as RunId))?.state).toBe('queued')
    await leave([worker])
  })
})
