import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor } from '#evidence-plane/redaction'
import { makeToken, randomFrom, TOKEN_FORMATS } from '../support/credential-tokens.ts'

const everyCharacter = (value: string, between: string): string => Array.from(value).join(between)
/** As a value may leave: what an agent, a test or a library makes of it. */
const ENCODINGS: Readonly<Record<string, (value: string) => string>> = {
  raw: (value) => value,
  'base64 at offset 0': (value) => Buffer.from(`${value}tail`).toString('base64'),
  'base64 at offset 1': (value) => Buffer.from(`a${value}tail`).toString('base64'),
  'base64 at offset 2': (value) => Buffer.from(`ab${value}tail`).toString('base64'),
  base64url: (value) => Buffer.from(`abc${value}`).toString('base64url'),
  hex: (value) => Buffer.from(value).toString('hex'),
  URL: (value) => encodeURIComponent(value),
  JSON: (value) => JSON.stringify(value).slice(1, -1),
  reversed: (value) => Array.from(value).toReversed().join(''),
  'UTF-16': (value) => Buffer.from(value, 'utf16le').toString('latin1'),
  'one character a line': (value) => everyCharacter(value, '\n'),
  'zero-width spaces': (value) => everyCharacter(value, '\u200b'),
}
const RUNS = Number(process.env['GANDER_REDACTION_RUNS'] ?? 600)

/** Gives the stream the text in pieces of these lengths, over and over. */
async function throughStream(redactor: ReturnType<typeof createRedactor>, text: string, lengths: readonly number[]) {
  const stream = redactor.stream?.()
  if (stream === undefined) throw new Error('the redactor has no stream')
  let out = ''
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    out += await stream.push(text.slice(at, at + length))
    at += length
  }
  const rest = await stream.end()
  return { ...rest, text: out + rest.text }
}

describe('a registered value', () => {
  const secret = fc
    .oneof(
      fc.string({ minLength: 8, maxLength: 80, unit: 'grapheme-ascii' }),
      fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme' }),
      fc.base64String({ minLength: 16, maxLength: 400 }),
    )
    .map((text) => text.trim())
    // Fewer than eight characters that count and few different ones are in any text by chance.
    .filter((text) => text.replaceAll(/[\s\0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/g, '').length >= 8)

  test('of any characters is found in every encoding, at any place, over any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        secret,
        fc.constantFrom(...Object.keys(ENCODINGS)),
        fc.nat(3_000),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
        async (value, name, place, lengths) => {
          const redactor = createRedactor()
          redactor.register('canary', value)
          const text = `${'A line of a log, '.repeat(200).slice(0, place)}\n${ENCODINGS[name]?.(value)}\nand what follows.`
          const whole = await redactor.redact(text)
          expect(whole.confirmed, name).toBe(true)
          expect(whole.by_kind?.['registered']).toBeGreaterThan(0)
          expect(await throughStream(redactor, text, lengths)).toEqual(whole)
        },
      ),
      { numRuns: RUNS },
    )
  })

  test('is found wherever it crosses the places at which a long stream lets text go', async () => {
    const redactor = createRedactor()
    const value = 'canary-0a1B2c3D4e5F6g7H8i9J'
    redactor.register('canary', value)
    const random = randomFrom(7)
    const pieces = Array.from({ length: 300 }, () => 'some words of a log. '.repeat(Math.floor(random() * 900)))
    const text = pieces.join(value)
    const whole = await redactor.redact(text)
    const streamed = await throughStream(redactor, text, [65_536, 1, 4_093, 300_000])
    expect(streamed.count).toBe(299)
    expect(streamed.text === whole.text).toBe(true)
  })

  test('is cut, and text that only shares half of it is let through', async () => {
    const redactor = createRedactor()
    redactor.register('canary', 'correct-horse-battery')
    expect((await redactor.redact('correct-horse-batterie, correct horse')).count).toBe(0)
    expect((await redactor.redact('a correct-horse-battery b')).text).toBe('a [redacted:registered] b')
  })
})

describe('known formats', () => {
  test(`at least 995 of 1,000 tokens of ${TOKEN_FORMATS.length} formats leave nothing of themselves`, async () => {
    const redactor = createRedactor()
    const random = randomFrom(20_260_102)
    const missed: string[] = []
    let made = 0
    for (const [name, pattern] of TOKEN_FORMATS)
      for (let round = 0; round < 100; round++) {
        const { token, secrets } = makeToken(pattern, random)
        const text = [`${token}\n`, `value "${token}" refused`, `  - ${token}`][round % 3] ?? ''
        const redaction = await redactor.redact(text)
        made += 1
        if (redaction.count === 0 || secrets.some((piece) => redaction.text.includes(piece)))
          missed.push(`${name}: ${token.slice(0, 80)}`)
      }
    console.log(
      `known formats: ${made - missed.length} of ${made} tokens, ${((1 - missed.length / made) * 100).toFixed(3)} %`,
    )
    expect(made).toBeGreaterThanOrEqual(4_000)
    expect(missed.length / made, missed.slice(0, 20).join('\n')).toBeLessThanOrEqual(0.005)
  })
})

describe('personal data', () => {
  const classes = ['email_address', 'private_url', 'phone_number', 'iban', 'payment_card'] as const
  const cases = {
    email_address: ['ada.lovelace@analytical.engineering', 'git@github.com:owner/name.git'],
    private_url: ['https://jenkins.corp:8443/job/1', 'https://github.com/owner/name'],
    phone_number: ['call +49 30 1234567 now', 'version +1.2.3 of it'],
    iban: ['DE89 3704 0044 0532 0130 00', 'DE89 3704 0044 0532 0130 01'],
    payment_card: ['4111 1111 1111 1111', '4111 1111 1111 1112'],
  } as const
  for (const kind of classes)
    test(`${kind} is cut where it is asked for, and what only looks like it is not`, async () => {
      const [real, like] = cases[kind]
      const redactor = createRedactor()
      expect((await redactor.redact(real, { classes })).by_kind).toEqual({ [kind]: 1 })
      expect((await redactor.redact(real)).count).toBe(0)
      expect((await redactor.redact(like, { classes })).text).toBe(like)
    })

  test('that the reader has in the change itself is kept, and a secret never is', async () => {
    const redactor = createRedactor()
    redactor.register('canary', 'canary-0a1B2c3D')
    const text = 'ada@analytical.engineering canary-0a1B2c3D'
    const redaction = await redactor.redact(text, { classes, except: text })
    expect(redaction.text).toBe('ada@analytical.engineering [redacted:registered]')
  })
})
