/** R6, links that go bad: late answers, one byte a second, and half-open connections, between each part and the database. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunId } from '#domain/ids'
import { checkAt } from './checker.ts'
import type { Violation } from './checker/ground.ts'
import { openBadLink, type BadLink, type LinkFault } from './kit/bad-link.ts'
import { isAskedToEnd, percentile, runAsCommand, type Figures } from './kit/experiment.ts'
import { submitOverHttp } from './kit/http-submitter.ts'
import { allEnded, leave, statesOf, sweepRemains } from './kit/settle.ts'
import { LONG, ownerOf, takeOver, type Standing } from './kit/take-over.ts'
import { freePort, openWorld, saidBy, signal, type Actor, type World } from './kit/world.ts'

/** Faults by which a worker is as good as gone. */
const CUTS: readonly LinkFault[] = ['half_open', 'trickle']
/** How long a link of the control plane stays bad. */
const BAD_MS = 3_000

interface Reached {
  readonly acknowledged: readonly RunId[]
  readonly answered_again_ms: readonly number[]
}

/** Lets each link go bad in each way, so many times. */
export async function badLinks(rounds: number): Promise<Figures> {
  const world = await openWorld({ bundled: true })
  const links = await Promise.all(
    ['one', 'two', 'plane'].map((name) => openBadLink(world.database_url, join(world.root, `link-${name}`))),
  )
  try {
    const [one, two, plane] = links as [BadLink, BadLink, BadLink]
    const workers = await Promise.all(
      [one, two].map((link, n) => world.worker(`w${n}`, [], { env: { DATABASE_URL: link.url } })),
    )
    const slow = await workOverSlowLinks(world, [one, two])
    const cuts: Awaited<ReturnType<typeof cutBoth>>[] = []
    for (let n = 0; n < rounds && !isAskedToEnd(); n++) cuts.push(await cutBoth(world, workers, [one, two]))
    const reached = await planeOverBadLink(world, plane, rounds)
    const acknowledged = [...slow, ...reached.acknowledged, ...cuts.flatMap(({ runs }) => runs)]
    const taken_over = cuts.flatMap((cut) => cut.taken_over)
    const stopped = cuts.flatMap((cut) => cut.stopped)
    await allEnded(world, 120_000)
    await leave(workers)
    await sweepRemains(world)
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    return {
      links_cut_by_half_open_and_trickle: taken_over.length,
      taken_over_ms_p50: percentile(taken_over, 0.5),
      taken_over_ms_most: Math.max(...taken_over),
      cut_off_worker_stopped_ms_most: Math.max(...stopped),
      runs_over_slow_links: slow.length,
      control_plane_links_gone_bad: reached.answered_again_ms.length,
      control_plane_answered_again_ms_most: Math.max(...reached.answered_again_ms),
      acknowledged_over_http: reached.acknowledged.length,
      states: await statesOf(world),
      violations: [...(await checkAt(world.database_url, ground)), ...cuts.flatMap(ownedTwice)],
    }
  } finally {
    await world.close()
    for (const link of links) await link.close()
  }
}

/** Two workers with a run each lose their links in two ways at once; a third has to have both runs. */
async function cutBoth(world: World, workers: readonly Actor[], links: readonly [BadLink, BadLink]) {
  // It comes before, so that it is ready, and sleeps while the others take the runs.
  const spare = await world.worker('spare', ['--at-once', '2'])
  signal(spare.pid, 'SIGSTOP')
  const runs = await world.submit(2, { agent: LONG })
  const standing = workers.map((worker, n): Standing => {
    const fault = CUTS[n] ?? 'half_open'
    return { worker, link: { cut: async () => links[n]?.become(fault), mend: async () => links[n]?.become('none') } }
  })
  const owners = await Promise.all(runs.map((run) => ownerOf(world, run, standing)))
  signal(spare.pid, 'SIGCONT')
  const figures = await Promise.all(runs.map((run, n) => takeOver(world, run, owners[n] as Standing)))
  await allEnded(world, 120_000)
  await leave([spare])
  return {
    runs,
    taken_over: figures.map(({ taken_over_ms }) => taken_over_ms),
    stopped: figures.map(({ stopped_ms }) => stopped_ms),
  }
}

/** No run may be another's while it still goes on where it was. */
const ownedTwice = ({ runs, taken_over, stopped }: Awaited<ReturnType<typeof cutBoth>>): readonly Violation[] =>
  runs.flatMap((run, n) =>
    (stopped[n] ?? 0) <= (taken_over[n] ?? 0)
      ? []
      : [{ invariant: 'I2', what: `${run} was another's after ${taken_over[n]} ms and went on until ${stopped[n]}` }],
  )

/** Work that is only slow stays where it is: no run is leased twice. */
async function workOverSlowLinks(world: World, links: readonly BadLink[]): Promise<readonly RunId[]> {
  for (const link of links) link.become('slow')
  const runs = await world.submit(2)
  await allEnded(world, 240_000)
  for (const link of links) link.become('none')
  const rows = await world.sql<{ fence: number }>('select fence from gander.run where id = any($1)', [runs])
  if (rows.some(({ fence }) => fence > 1)) throw new Error('a run changed hands over a link that was only slow')
  return runs
}

/** Submissions under keys while the control plane's link goes bad and is mended. */
async function planeOverBadLink(world: World, link: BadLink, rounds: number): Promise<Reached> {
  const port = await freePort()
  const env = { DATABASE_URL: link.url }
  const plane = await world.start(['control-plane', '--port', String(port)], { name: 'control-plane', env })
  await saidBy(plane, /"event":"listening"/)
  const stop = new AbortController()
  const submitting = submitOverHttp(world, { port, stop: stop.signal, pause_ms: 500 })
  const answered_again_ms: number[] = []
  for (let n = 0; n < rounds; n++)
    for (const fault of ['slow', ...CUTS] as const) {
      link.become(fault)
      await sleep(BAD_MS)
      link.become('none')
      const began = Date.now()
      const before = submitting.acknowledged.length
      while (submitting.acknowledged.length === before && Date.now() - began < 60_000) await sleep(50)
      answered_again_ms.push(Date.now() - began)
    }
  stop.abort()
  await submitting.ended
  await leave([plane])
  return { acknowledged: submitting.acknowledged, answered_again_ms }
}

if (import.meta.main) await runAsCommand('R6 links that go bad', 1, badLinks)
