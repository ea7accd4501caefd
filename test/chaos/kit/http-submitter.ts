import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunId } from '#domain/ids'
import { orderFor, type World } from './world.ts'

interface Wish {
  readonly port: number
  readonly stop: AbortSignal
  /** Between one submission and the next. */
  readonly pause_ms: number
}

/** What a client was told that asks again under the same key until it is answered. */
interface Submitting {
  readonly acknowledged: RunId[]
  readonly retried: () => number
  readonly ended: Promise<void>
}

const PATIENCE_MS = 5_000

/** Submits one task after the other over HTTP until it is stopped. */
export function submitOverHttp(world: World, { port, stop, pause_ms }: Wish): Submitting {
  const acknowledged: RunId[] = []
  let retried = 0
  const ended = (async () => {
    const token = (await readFile(join(world.home, 'server-token'), 'utf8')).trim()
    for (let n = 1; !stop.aborted; n++) {
      for (;;) {
        const run = await submitOnce(world, { port, token, n })
        if (run !== undefined) {
          acknowledged.push(run)
          break
        }
        retried++
        await sleep(50)
      }
      await sleep(pause_ms)
    }
  })()
  return { acknowledged, retried: () => retried, ended }
}

/** The run that the answer names; undefined where there was no answer, or one of a server that cannot at present. */
async function submitOnce(
  world: World,
  { port, token, n }: { port: number; token: string; n: number },
): Promise<RunId | undefined> {
  const { words, agent, verification } = orderFor(world.repository, n)
  const { repository, title, description, acceptance_criteria } = words
  const answer = await fetch(`http://127.0.0.1:${port}/v1/tasks`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': `submission-${n}`,
    },
    body: JSON.stringify({ repository, title, description, acceptance_criteria, agent, verification }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => undefined)
  if (answer === undefined) return undefined
  if (!answer.ok && answer.status < 500 && answer.status !== 409) throw new Error(`refused: ${await answer.text()}`)
  const told = (await answer.json().catch(() => undefined)) as { run?: { id: RunId } } | undefined
  return answer.ok ? told?.run?.id : undefined
}
