import { describe, expect, it } from 'vitest'
import { BudgetExhausted, type AgentTools, type ToolCallResult } from '#ports'
import { inTurn } from './in-turn-tools.ts'

const answered: ToolCallResult = {
  answer: { call_id: 'a', name: 'verify', text: 'ok', is_error: false },
  control: null,
}
const call = { id: 'a', name: 'verify', arguments: {} }
const at = { phase: 'editing', key: 'k' } as const

const over = (act: () => Promise<ToolCallResult>): AgentTools => ({
  declarations: () => [],
  call: act,
  leave: async () => ({ answer: 'refuse', rule: 'test', message: '' }),
})

describe("a run's tools in a guest's turn", () => {
  it('act one after another however many connections ask', async () => {
    let acting = 0
    let most = 0
    const hands = inTurn(
      over(async () => {
        most = Math.max(most, ++acting)
        await new Promise((settle) => setTimeout(settle, 5))
        acting -= 1
        return answered
      }),
      () => undefined,
    )
    const asked = [1, 2, 3].map(() => hands.tools.call(call, at))
    expect(hands.isServed()).toBe(true)
    expect(await Promise.all(asked)).toHaveLength(3)
    await hands.end()
    expect(most).toBe(1)
    expect(hands.isServed()).toBe(false)
  })

  it('tell the turn when the budget is used up, and take no further call', async () => {
    let told = 0
    let acted = 0
    const verdict = { budget: 'steps', used: 9, limit: 9 } as const
    const hands = inTurn(
      over(async () => {
        acted += 1
        throw new BudgetExhausted(verdict)
      }),
      () => void told++,
    )
    await expect(hands.tools.call(call, at)).rejects.toThrow('the turn is over')
    await expect(hands.tools.call(call, at)).rejects.toThrow('The turn is over.')
    expect(hands.broken()).toEqual({ kind: 'exhausted', verdict })
    expect([told, acted]).toEqual([1, 1])
  })

  it('wait for the call that acts when the turn ends', async () => {
    let is_done = false
    const hands = inTurn(
      over(async () => {
        await new Promise((settle) => setTimeout(settle, 10))
        is_done = true
        return answered
      }),
      () => undefined,
    )
    const asked = hands.tools.call(call, at)
    await Promise.resolve()
    await hands.end()
    expect(is_done).toBe(true)
    await asked
    await expect(hands.tools.call(call, at)).rejects.toThrow('The turn is over.')
  })
})
