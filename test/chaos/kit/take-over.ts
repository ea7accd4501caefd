/** How a run changes hands when the link of its worker breaks: when the one stops, and when the other begins. */
import { readdir, readFile } from 'node:fs/promises'
import type { RunId } from '#domain/ids'
import type { AgentChoice } from '#domain/task'
import { waitUntil, type Actor, type World } from './world.ts'

/** Two owners may not be for longer than this. */
const LONGEST_MS = 15_000

/** A run that is in hand when its worker is cut off, and would go on there for longer than a lease. */
export const LONG: AgentChoice = {
  kind: 'transform',
  rule: { kind: 'command', argv: ['sh', '-c', 'sleep 15; echo "and good night" >> greeting.txt'] },
}

/** A worker and the link that it has to the database. */
export interface Standing {
  readonly worker: Actor
  readonly link: { cut(): Promise<void>; mend(): Promise<void> }
}

/** From the cut: until another worker has the run, and until nothing of it goes on at the worker that was cut off. */
export async function takeOver(world: World, run: RunId, { worker, link }: Standing) {
  await waitUntil(() => hasCommand(worker.pid), 60_000)
  const { fence } = await holderOf(world, run)
  await link.cut()
  const began = Date.now()
  const [stopped_ms, taken_over_ms] = await Promise.all([
    since(began, async () => !(await hasCommand(worker.pid))),
    since(began, async () => {
      const now = await holderOf(world, run)
      return now.fence > fence && now.pid !== null && now.pid !== worker.pid
    }),
  ])
  await link.mend()
  return { stopped_ms, taken_over_ms }
}

/** The worker that holds a run and is at work on it. */
export async function ownerOf(world: World, run: RunId, standing: readonly Standing[]): Promise<Standing> {
  let owner: Standing | undefined
  await waitUntil(async () => {
    const { pid, state } = await holderOf(world, run)
    owner = state === 'editing' ? standing.find(({ worker }) => worker.pid === pid) : undefined
    return owner !== undefined
  }, 120_000)
  return owner as Standing
}

async function holderOf(world: World, run: RunId) {
  const [row] = await world.sql<{ pid: number | null; fence: number; state: string }>(
    'select worker_pid as pid, fence, state from gander.run where id = $1',
    [run],
  )
  return row ?? { pid: null, fence: 0, state: '' }
}

async function since(began: number, holds: () => Promise<boolean>): Promise<number> {
  await waitUntil(holds, 3 * LONGEST_MS, 100)
  return Date.now() - began
}

/** True while the run's long command goes on below a process. */
async function hasCommand(root: number): Promise<boolean> {
  const parents = new Map<number, number>()
  const sleeping: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]))
    if (stat.includes('(sleep)')) sleeping.push(Number(name))
  }
  const isBelow = (pid: number): boolean => pid === root || (parents.has(pid) && isBelow(parents.get(pid) ?? 0))
  return sleeping.some(isBelow)
}
