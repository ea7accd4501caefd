import { describe, expect, test } from 'vitest'
import { GanderError } from '#domain/failure'
import { goTogether } from './together.ts'

/** A lane whose statements are noted, and refused as told. */
function lane(refuse: (parts: readonly string[]) => GanderError | undefined = () => undefined) {
  const statements: (readonly string[])[] = []
  const join = goTogether<string, string>({
    send: (parts, name) => {
      statements.push(parts)
      const refusal = refuse(parts)
      return refusal === undefined ? Promise.resolve(parts.map((part) => `${name} ${part}`)) : Promise.reject(refusal)
    },
    subject: (part) => part.slice(0, 1),
    weight: (part) => part.length,
  })
  return { statements, join }
}

const refusal = (sqlstate: string) => new GanderError('internal', 'refused', { facts: { sqlstate } })

describe('parts of one lane', () => {
  test('share a statement when they are handed in at one time, and each has its own answer', async () => {
    const { statements, join } = lane()
    expect(await Promise.all(['a', 'b', 'c'].map((part) => join('one', part)))).toEqual(['one a', 'one b', 'one c'])
    expect(statements).toEqual([['a', 'b', 'c']])
  })

  test('do not share one with another lane', async () => {
    const { statements, join } = lane()
    expect(await Promise.all([join('one', 'a'), join('two', 'b')])).toEqual(['one a', 'two b'])
    expect(statements).toEqual([['a'], ['b']])
  })

  test('of one subject go one after the other, in order', async () => {
    const { statements, join } = lane()
    await Promise.all(['a1', 'b1', 'a2', 'a3', 'b2'].map((part) => join('one', part)))
    expect(statements).toEqual([['a1', 'b1'], ['a2', 'b2'], ['a3']])
  })

  test('that are asked for when an answer came go together with the next', async () => {
    const { statements, join } = lane()
    const twice = async (part: string) => join('one', await join('one', part))
    await Promise.all([twice('a'), join('one', 'b').then(() => join('one', 'c'))])
    expect(statements).toEqual([
      ['a', 'b'],
      ['one a', 'c'],
    ])
  })

  test('are at most a million characters, and one that is longer goes alone', async () => {
    const { statements, join } = lane()
    await Promise.all(['a', `b${'x'.repeat(1_000_000)}`, 'c'].map((part) => join('one', part)))
    expect(statements.map((parts) => parts.map((part) => part[0]))).toEqual([['a'], ['b'], ['c']])
  })
})

describe('a statement that fails', () => {
  test('is sent again part by part where the database refused it, and only the bad part fails', async () => {
    const { statements, join } = lane((parts) => (parts.includes('b') ? refusal('GAW01') : undefined))
    const settled = await Promise.allSettled(['a', 'b', 'c'].map((part) => join('one', part)))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(statements).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']])
  })

  test('is not sent again where the connection broke: nobody knows whether it was committed', async () => {
    for (const code of ['08006', '57P01', 'ECONNRESET', '']) {
      const { statements, join } = lane(() => refusal(code))
      const settled = await Promise.allSettled(['a', 'b'].map((part) => join('one', part)))
      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      expect(statements).toEqual([['a', 'b']])
    }
  })

  test('does not stop what comes after it', async () => {
    const { join } = lane((parts) => (parts[0] === 'a' ? refusal('57P01') : undefined))
    await expect(join('one', 'a')).rejects.toThrow('refused')
    expect(await join('one', 'b')).toBe('one b')
  })
})
