import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { finished, openLab, outcomeOf, until, type Lab } from '../support/lab/lab.ts'
import { finish, plan, play } from '../support/lab/play.ts'
import { KEY, modelWords, packetOf } from '../support/lab/session.ts'
import { python } from '../support/lab/solutions.ts'
import { startScriptedModel } from '../support/scripted-model/index.ts'

let lab: Lab

beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

it('a gateway that is killed in the middle of a call leads to one more request, booked as unknown', async () => {
  const repository = await lab.repository('python')
  const script = play({ planning: [plan('stocktake/count.py')], editing: [python.source, python.test, finish()] })
  const model = await startScriptedModel(async (turn) => {
    // The second request hangs, so that the kill meets it in flight.
    if (turn.n === 2) await delay(8_000)
    return script(turn)
  })
  try {
    const issue = join(import.meta.dirname, '../../examples/python/issue.md')
    const words = ['run', '--repo', repository, '--issue', issue, ...modelWords(model.url('anthropic')), '--json']
    const running = finished(lab.start(words, { SCRIPTED_API_KEY: KEY }))
    await until(async () => model.requests.length === 2, 60_000)
    for (const pid of await lab.processes(/gander-gateway|gateway\.ts/)) process.kill(pid, 'SIGKILL')
    const outcome = outcomeOf(await running)
    expect(outcome.state).toBe('completed')
    expect(model.requests).toHaveLength(6)
    const packet = await packetOf(outcome)
    expect(packet.evidence.costs.unknown_calls).toBe(1)
  } finally {
    await model.close()
  }
})
