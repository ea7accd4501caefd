import { describe, expect, it } from 'vitest'
import { GanderError } from '#domain/failure'
import { submitOnce } from './submit-once.ts'

const broken = (code: string) =>
  new GanderError('server_unreachable', 'The server did not answer.', {
    cause: new TypeError('fetch failed', { cause: Object.assign(new Error('socket'), { code }) }),
  })

/** A server that answers the first calls with these errors; keeps the keys it was asked with. */
function server(...errors: readonly Error[]) {
  const keys: string[] = []
  return {
    keys,
    submit: async (key: string) => {
      const error = errors[keys.length]
      keys.push(key)
      if (error !== undefined) throw error
      return 'made'
    },
  }
}

describe('a submission whose answer is lost', () => {
  it('is asked for again with its key, also while the server is not there', async () => {
    const { keys, submit } = server(broken('UND_ERR_SOCKET'), broken('ECONNREFUSED'))
    expect(await submitOnce(submit)).toBe('made')
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
  })

  it('is not repeated where the server was never reached, nor where it answered', async () => {
    for (const error of [broken('ECONNREFUSED'), new GanderError('usage', 'No.')]) {
      const { keys, submit } = server(error)
      await expect(submitOnce(submit)).rejects.toBe(error)
      expect(keys).toHaveLength(1)
    }
  })

  it('has another key than the next one', async () => {
    const { keys, submit } = server()
    await submitOnce(submit)
    await submitOnce(submit)
    expect(new Set(keys).size).toBe(2)
  })
})
