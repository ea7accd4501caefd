import { expect, it } from 'vitest'
import { GanderError } from '#domain/failure'
import { startAgain } from './start-again.ts'

const clock = { sleep: async () => undefined }
const { signal } = new AbortController()
const failing = (times: number, error: Error) => {
  let calls = 0
  return async () => {
    calls += 1
    if (calls <= times) throw error
    return calls
  }
}

it('a sandbox that is refused for a moment is opened when it is tried again', async () => {
  expect(await startAgain(clock, signal, failing(2, new GanderError('sandbox_unavailable', 'x')))).toBe(3)
})

it('one that stays refused keeps its class, and what is no refusal is not tried again', async () => {
  const refused = new GanderError('sandbox_unavailable', 'x')
  await expect(startAgain(clock, signal, failing(9, refused))).rejects.toBe(refused)
  const full = new GanderError('storage_full', 'x')
  await expect(startAgain(clock, signal, failing(1, full))).rejects.toBe(full)
})
