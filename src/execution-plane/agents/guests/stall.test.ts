import { describe, expect, it } from 'vitest'
import type { Clock } from '#ports'
import { watchForStall } from './stall.ts'

/** A clock that runs a thousand times as fast. */
function fastClock(): Clock {
  let now = 0
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      await new Promise((settle) => setTimeout(settle, 1))
      signal?.throwIfAborted()
      now += ms
    },
  }
}

const LIMIT = 1_000
const turns = (count: number) => new Promise((settle) => setTimeout(settle, count * 4))

function watched(over: Partial<Parameters<typeof watchForStall>[0]> = {}) {
  let stops = 0
  const stall = watchForStall({
    clock: fastClock(),
    limit_ms: LIMIT,
    asked: async () => 0,
    isServed: () => false,
    stop: () => void stops++,
    ...over,
  })
  return { stall, stops: () => stops }
}

describe('a guest that is watched', () => {
  it('is stopped once when it neither says nor asks anything', async () => {
    const { stall, stops } = watched()
    await turns(20)
    expect(stall.stalled()).toBe(true)
    expect(stops()).toBe(1)
  })

  it('goes on while it asks its model', async () => {
    let asked = 0
    const { stall } = watched({ asked: async () => ++asked })
    await turns(20)
    expect(asked).toBeGreaterThan(1)
    expect(stall.stalled()).toBe(false)
    stall.end()
  })

  it('goes on while a tool of its run works for it', async () => {
    const { stall } = watched({ isServed: () => true })
    await turns(20)
    expect(stall.stalled()).toBe(false)
    stall.end()
  })
})
