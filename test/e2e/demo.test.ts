import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, outcomeOf, type Lab } from '../support/lab/lab.ts'
import { packetOf } from '../support/lab/session.ts'

let lab: Lab

beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

describe('the demonstration', () => {
  it('ends with a draft pull request from the recording, twice with the same tree', async () => {
    const first = outcomeOf(await lab.gander(['demo', '--json']))
    expect(first.state).toBe('completed')
    const packet = await packetOf(first)
    expect(packet.evidence.reproduction?.status).toBe('reproduced')
    expect(packet.evidence.verification.delta?.fixed).toHaveLength(1)
    expect(packet.evidence.verification.delta?.added).toHaveLength(2)
    const second = outcomeOf(await lab.gander(['demo', '--json']))
    expect(second).toMatchObject({ state: 'completed', tree: first.tree })
    expect(second.run_id).not.toBe(first.run_id)
  })
})
