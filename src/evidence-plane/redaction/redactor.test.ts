import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from './index.ts'
import { startWork } from '../../../test/support/machine-time.ts'

const VALUE = 'c4nary/Value+with"quote&9Zq='
const ENCODINGS: Readonly<Record<string, (value: string) => string>> = {
  plain: (value) => value,
  'base64 at offset 0': (value) => Buffer.from(value).toString('base64'),
  'base64 at offset 1': (value) => Buffer.from(`a${value}tail`).toString('base64'),
  'base64 at offset 2': (value) => Buffer.from(`ab${value}tail`).toString('base64'),
  base64url: (value) => Buffer.from(`xyz${value}`).toString('base64url'),
  'base64 wrapped at 8': (value) => Buffer.from(value).toString('base64').replaceAll(/.{8}/g, '$&\n'),
  'base64 of base64': (value) => Buffer.from(Buffer.from(value).toString('base64')).toString('base64'),
  'lower hex': (value) => Buffer.from(value).toString('hex'),
  'upper hex': (value) => Buffer.from(value).toString('hex').toUpperCase(),
  'URL-encoded': (value) => encodeURIComponent(value),
  'lower URL-encoded': (value) => encodeURIComponent(value).replaceAll(/%../g, (code) => code.toLowerCase()),
  'every byte URL-encoded': (value) => Buffer.from(value).toString('hex').replaceAll(/../g, '%$&'),
  'JSON-escaped': (value) => JSON.stringify(value).slice(1, -1),
  'JSON in JSON': (value) => JSON.stringify(JSON.stringify(value)),
  reversed: (value) => Array.from(value).toReversed().join(''),
  'one character a line': (value) => Array.from(value).join('\n'),
  'UTF-16 read as Latin-1': (value) => Buffer.from(value, 'utf16le').toString('latin1'),
  'with zero-width spaces': (value) => Array.from(value).join('\u200b'),
}

describe('registered values', () => {
  for (const [name, encode] of Object.entries(ENCODINGS))
    it(`a registered value is cut when it is ${name}`, async () => {
      const redactor = createRedactor()
      redactor.register('canary', VALUE)
      const { text, confirmed, kinds } = await redactor.redact(`before ${encode(VALUE)} after`)
      expect(confirmed).toBe(true)
      expect(redactor.holdsRegistered?.(`before ${encode(VALUE)} after`)).toBe(true)
      expect(kinds).toEqual(['registered'])
      expect(text).toMatch(/^before .*\[redacted:registered\].* after$/s)
      expect(text).not.toContain(encode(VALUE))
    })

  it('a known format alone is not taken for a registered value', async () => {
    const redactor = createRedactor()
    redactor.register('canary', VALUE)
    const text = `token = "ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}"`
    expect((await redactor.redact(text)).confirmed).toBe(false)
    expect(redactor.holdsRegistered?.(text)).toBe(false)
  })

  it('any value of any characters is found in every encoding', async () => {
    // Not `fc.string` of unit `binary`: its table of all characters takes longer to make than this test to run.
    const value = fc
      .array(fc.integer({ min: 0, max: 0x10ffff }), { minLength: 16, maxLength: 60 })
      .map((codes) => String.fromCodePoint(...codes).toWellFormed())
      .filter((text) => text.trim().length >= 16)
    const spaced = new Set([
      'one character a line',
      'UTF-16 read as Latin-1',
      'with zero-width spaces',
      'base64 wrapped at 8',
    ])
    await fc.assert(
      fc.asyncProperty(
        value,
        fc.constantFrom(...Object.keys(ENCODINGS).filter((name) => !spaced.has(name))),
        async (secret, name) => {
          const redactor = createRedactor()
          redactor.register('canary', secret)
          const encode = ENCODINGS[name] ?? String
          expect((await redactor.redact(`log: ${encode(secret.trim())};`)).confirmed).toBe(true)
        },
      ),
      // The same at six times the size, over chunks too, is in test/security/redaction.test.ts.
      { numRuns: 100 },
    )
  })

  it('each long line of a registered private key is found alone', async () => {
    const redactor = createRedactor()
    redactor.register('key', 'first-line-of-it-0123456789\nsecond-line-of-it-0123456789')
    expect((await redactor.redact('x second-line-of-it-0123456789 y')).text).toBe('x [redacted:registered] y')
  })

  it('500 registered values are told apart from text that shares their prefixes', async () => {
    const redactor = createRedactor()
    const values = Array.from(
      { length: 500 },
      (_, n) => `canary-${createHash('sha256').update(`${n}`).digest('hex').slice(0, 20)}`,
    )
    for (const value of values) redactor.register('canary', value)
    const { count } = await redactor.redact(values.join(' and '))
    expect(count).toBe(500)
    expect((await redactor.redact('canary-0000 canary- canary-zzzzzzzzzzzzzzzzzzzz')).count).toBe(0)
  })

  it('a value shorter than eight characters is not registered', async () => {
    const redactor = createRedactor()
    redactor.register('short', 'abc')
    expect((await redactor.redact('abcabc')).text).toBe('abcabc')
  })
})

const letters = (length: number, alphabet: string, seed: string): string => {
  let text = ''
  for (let n = 0; text.length < length; n++)
    for (const byte of createHash('sha256').update(`${seed}${n}`).digest())
      text += alphabet.charAt(byte % alphabet.length)
  return text.slice(0, length)
}
const ALNUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** Written in pieces so that no scanner takes this file for a leak. */
const FORMATS: readonly (readonly [kind: string, (seed: string) => string])[] = [
  ['aws_access_key', (seed) => `AKIA${letters(16, UPPER, seed)}`],
  ['aws_secret_key', (seed) => `aws_secret_access_key = ${letters(40, ALNUM, seed)}`],
  ['github_token', (seed) => `ghp_${letters(36, ALNUM, seed)}`],
  ['github_token', (seed) => `github_pat_${letters(22, ALNUM, seed)}_${letters(59, ALNUM, seed)}`],
  ['gitlab_token', (seed) => `glpat-${letters(20, ALNUM, seed)}`],
  ['slack_token', (seed) => `xoxb-${letters(12, '0123456789', seed)}-${letters(24, ALNUM, seed)}`],
  ['stripe_key', (seed) => `sk_live_${letters(24, ALNUM, seed)}`],
  ['npm_token', (seed) => `npm_${letters(36, ALNUM, seed)}`],
  ['npm_token', (seed) => `//registry.example.org/:_authToken=${letters(36, ALNUM, seed)}`],
  ['pypi_token', (seed) => `pypi-AgEIcHlwaS5vcmc${letters(80, ALNUM, seed)}`],
  ['google_key', (seed) => `AIza${letters(35, ALNUM, seed)}`],
  ['openai_key', (seed) => `sk-proj-${letters(48, ALNUM, seed)}`],
  ['anthropic_key', (seed) => `sk-ant-api03-${letters(93, ALNUM, seed)}AA`],
  ['jwt', (seed) => `eyJhbGciOiJIUzI1NiJ9.eyJ${letters(40, ALNUM, seed)}.${letters(43, ALNUM, seed)}`],
  ['connection_string', (seed) => `postgres://app:${letters(16, ALNUM, seed)}@db.internal:5432/app`],
  ['authorization', (seed) => `Authorization: Bearer ${letters(40, ALNUM, seed)}`],
  ['assigned_secret', (seed) => `DB_PASSWORD=${letters(15, ALNUM, seed)}7`],
  ['assigned_secret', (seed) => `"client_secret": "${letters(31, ALNUM, seed)}7"`],
  [
    'private_key',
    (seed) => `-----BEGIN RSA PRIVATE KEY-----\n${letters(400, ALNUM, seed)}\n-----END RSA PRIVATE KEY-----`,
  ],
  ['private_key', (seed) => `-----BEGIN OPENSSH PRIVATE KEY-----\n${letters(400, ALNUM, seed)}`],
  ['sendgrid', (seed) => `SG.${letters(22, ALNUM, seed)}.${letters(43, ALNUM, seed)}`],
  ['huggingface', (seed) => `hf_${letters(34, ALNUM.slice(0, 52), seed)}`],
  ['databricks', (seed) => `dapi${letters(32, 'abcdef0123456789', seed)}`],
]

describe('known formats', () => {
  const redactor = createRedactor()
  for (const [kind, make] of FORMATS)
    it(`${kind} in the form ${make('0').slice(0, 14)}… is cut, wherever it stands`, async () => {
      for (let n = 0; n < 25; n++) {
        const secret = make(`${n}`)
        for (const text of [secret, `error: request with "${secret}" failed`, `x\n  ${secret}\ny`]) {
          const found = await redactor.redact(text)
          expect(found.kinds, text).toContain(kind)
          expect(found.confirmed).toBe(false)
        }
      }
    })

  it('a comment that switches secretlint off changes nothing', async () => {
    const secret = `SG.${letters(22, ALNUM, 'a')}.${letters(43, ALNUM, 'a')}`
    expect((await redactor.redact(`// secretlint-disable\n${secret}\n`)).kinds).toEqual(['sendgrid'])
  })

  it('redacting twice changes nothing more', async () => {
    const once = await redactor.redact(FORMATS.map(([, make]) => make('1')).join('\n'))
    expect(await redactor.redact(once.text)).toMatchObject({ text: once.text, count: 0 })
  })
})

describe('what only looks random', () => {
  const digest = (algorithm: string, encoding: 'hex' | 'base64') => createHash(algorithm).update('x').digest(encoding)
  const CLEAN = [
    `commit ${digest('sha1', 'hex')}`,
    `sha256:${digest('sha256', 'hex')}`,
    `"integrity": "sha512-${digest('sha512', 'base64')}"`,
    `h1:${digest('sha256', 'base64')}`,
    'id: 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'token: 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    `password_hash = "${digest('sha256', 'hex')}"`,
    'const token = parser.nextToken2()',
    'password: process.env.DB_PASSWORD2',
    'password=${DB_PASSWORD_1}',
    'export PASSWORD="<your-password-1>"',
    'secretKeyRef: my-app.secret.v1alpha1/name',
    'const secret = await readSecretFromVault2(path)',
    'tokens: 1234567890, max_tokens=4096',
    'passwordLabel = "Password 1"',
    'token_type: "Bearer"',
    'http://localhost:8080/a@b',
    'git@github.com:owner/name.git',
    'ssh://git@example.com:22/x',
    'postgres://postgres:postgres@localhost/db',
    'if (text.startsWith("-----BEGIN PRIVATE KEY-----")) return',
    'sk-this-is-a-css-class-name-of-a-skeleton-loader',
    'https://example.com/a/very/long/path/with/0123456789abcdef0123456789abcdef',
    'accessToken: string; refreshToken?: string | undefined',
    "  tokenize('abc def ghi 123')",
  ]
  for (const text of CLEAN)
    it(`${text.slice(0, 60)} stays as it is`, async () => {
      expect((await createRedactor().redact(text)).text).toBe(text)
    })
})

it('hostile input is scanned in linear time', async () => {
  const redactor = createRedactor()
  redactor.register('canary', 'aaaaaaaaab-canary')
  const pieces = [
    '://a:',
    'password=',
    'eyJ',
    '-----BEGIN PRIVATE KEY-----',
    'sk-',
    'a',
    'hf_a',
    'SG.a.',
    'token"',
    'secret_key',
    '\n ',
    '_',
    'Bearer ',
    'H4sIx',
    'H4sIAAAAx',
    '\x1f\x8b\x08\0',
    'PK\x03\x04\0',
  ]
  for (const piece of pieces) {
    const cost = async (bytes: number) => {
      const worked = startWork()
      await redactor.redact(piece.repeat(bytes / piece.length))
      return worked()
    }
    await cost(20_000)
    expect(await cost(400_000), `repeated ${JSON.stringify(piece)}`).toBeLessThan(4_000)
  }
}, 60_000)
