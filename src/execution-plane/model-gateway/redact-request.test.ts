import { describe, expect, it } from 'vitest'
import type { Json } from '#domain/json'
import type { Redactor } from '#ports'
import { createRequestRedactor } from './redact-request.ts'

const TOKEN = 'ghp_looks_like_a_token'
const OURS = 'registered-value'

/** Finds a format and a registered value, and counts how often it looked. */
function redactorOf(): Redactor & { looks: number } {
  const redactor = {
    version: 'test',
    looks: 0,
    register: () => undefined,
    redact: async (text: string) => {
      redactor.looks += 1
      const confirmed = text.includes(OURS)
      const by_kind = {
        ...(text.includes(TOKEN) ? { token: text.split(TOKEN).length - 1 } : {}),
        ...(confirmed ? { registered: 1 } : {}),
      }
      const clean = text.replaceAll(TOKEN, '[redacted:token]').replaceAll(OURS, '[redacted:registered]')
      const count = Object.values(by_kind).reduce((sum, each) => sum + each, 0)
      return { text: clean, count, kinds: Object.keys(by_kind), by_kind, confirmed }
    },
  }
  return redactor
}

const redact = async (value: Json) => createRequestRedactor(redactorOf()).redact(value)

describe('known formats are cut', () => {
  it.each<readonly [string, Json]>([
    ['prose', { messages: [{ role: 'user', content: TOKEN }] }],
    ['a document of plain text', { source: { type: 'text', media_type: 'text/plain', data: TOKEN } }],
    ['what a tool is given, whatever its fields are called', { type: 'tool_use', input: { data: TOKEN } }],
    ['a call of Google’s', { functionCall: { name: 'edit', args: { url: TOKEN } } }],
    ['a tool’s answer to Google', { functionResponse: { name: 'edit', response: { id: TOKEN } } }],
    ['arguments as text', { function: { name: 'edit', arguments: `{"data":"${TOKEN}"}` } }],
  ])('in %s', async (_, value) => {
    const { value: clean, count, by_kind } = await redact(value)
    expect(JSON.stringify(clean)).not.toContain(TOKEN)
    expect({ count, by_kind }).toEqual({ count: 1, by_kind: { token: 1 } })
  })
})

describe('names, ids, signatures and bytes', () => {
  const value = { id: TOKEN, signature: TOKEN, source: { type: 'base64', media_type: 'image/png', data: TOKEN } }

  it('are left as they are, because what only looks like a secret there is none', async () => {
    expect(await redact(value)).toEqual({ value, count: 0, by_kind: {}, confirmed: false })
  })

  it('lose registered values nevertheless, and so do the names of members', async () => {
    const { value: clean, confirmed, count } = await redact({ id: OURS, [OURS]: 1 })
    expect(clean).toEqual({ id: '[redacted:registered]', '[redacted:registered]': 1 })
    expect({ confirmed, count }).toEqual({ confirmed: true, count: 2 })
  })
})

it('what was clean is not looked at again until a secret is registered', async () => {
  const redactor = redactorOf()
  const requests = createRequestRedactor(redactor)
  for (let n = 0; n < 3; n++) await requests.redact({ content: 'A long conversation.' })
  const looks = redactor.looks
  requests.forget()
  await requests.redact({ content: 'A long conversation.' })
  expect(looks).toBeLessThanOrEqual(2)
  expect(redactor.looks).toBeGreaterThan(looks)
})
