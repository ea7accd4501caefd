import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import * as tar from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { createRedactor } from './index.ts'
import { startWork } from '../../../test/support/machine-time.ts'

const VALUE = 'c4nary/Value+with"quote&9Zq='
const OTHER = 'c5nary/Other+with"quote&0Xw='
const around = (value: string) => `first line of a file\ntoken ${value}\n${'more of it, '.repeat(40)}`

/** One entry, compressed, as `zip` writes it. */
function zipOf(text: string, flags = 0, method = 8): Buffer {
  const packed = method === 8 ? deflateRawSync(text) : Buffer.from(text)
  const header = Buffer.alloc(30)
  header.write('PK\x03\x04', 'latin1')
  header.writeUInt16LE(flags, 6)
  header.writeUInt16LE(method, 8)
  header.writeUInt32LE(packed.length, 18)
  header.writeUInt16LE(5, 26)
  return Buffer.concat([header, Buffer.from('a.txt'), packed])
}

async function tarOf(text: string): Promise<Buffer> {
  const pack = tar.pack()
  pack.entry({ name: 'notes.txt' }, text)
  pack.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of pack) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}

const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64')
const PACKED: Readonly<Record<string, (value: string) => string | Promise<string>>> = {
  'base64 of gzip': (value) => base64(gzipSync(around(value))),
  'base64url of gzip': (value) => gzipSync(around(value)).toString('base64url'),
  'base64 of gzip, lines of 76': (value) =>
    base64(gzipSync(randomBytes(300).toString('hex') + value)).replaceAll(/.{76}/g, '$&\n'),
  'base64 of gzip, lines in JSON': (value) =>
    JSON.stringify(base64(gzipSync(randomBytes(300).toString('hex') + value)).replaceAll(/.{76}/g, '$&\n')),
  'base64 of gzip behind letters': (value) => `archiveis${base64(gzipSync(around(value)))}`,
  'hex of gzip': (value) => gzipSync(around(value)).toString('hex'),
  'base64 of zlib': (value) => base64(deflateSync(around(value))),
  'base64 of zstd': (value) => base64(zstdCompressSync(around(value))),
  'base64 of zip': (value) => base64(zipOf(around(value))),
  'base64 of a gzipped tar': async (value) => base64(gzipSync(await tarOf(around(value)))),
  'base64 of gzip that was cut off': (value) => {
    const whole = gzipSync(`${value}${randomBytes(4_000).toString('hex')}`)
    return base64(whole.subarray(0, whole.length - 500))
  },
  'base64 of base64 of base64': (value) => base64(base64(base64(around(value)))),
  'base64 of base64 of gzip': (value) => base64(base64(gzipSync(around(value)))),
  'base64 of gzip of base64 of gzip': (value) => base64(gzipSync(base64(gzipSync(around(value))))),
  'hex of base64': (value) => Buffer.from(base64(around(value))).toString('hex'),
  'gzip among bytes': (value) => `\0\x01${gzipSync(around(value)).toString('latin1')}\0 and on`,
  'zip among bytes': (value) => zipOf(around(value)).toString('latin1'),
}

function holding(value: string) {
  const redactor = createRedactor()
  redactor.register('canary', value)
  return redactor
}

describe('packed pieces', () => {
  for (const [name, pack] of Object.entries(PACKED))
    it(`${name} is cut where it holds a registered value, and kept where it does not`, async () => {
      const packed = await pack(VALUE)
      const held = await holding(VALUE).redact(`before\n${packed}\nafter`)
      expect(held.by_kind?.['registered']).toBe(1)
      expect(held.text).not.toContain(packed.slice(20, 60))
      expect(holding(VALUE).holdsRegistered?.(packed)).toBe(true)
      const text = `before\n${packed}\nafter`
      expect((await holding(OTHER).redact(text)).text).toBe(text)
    })

  it('what cannot be looked into is withheld where a value is registered, and kept where none is', async () => {
    const deep = base64(base64(base64(base64(base64(base64(around('nothing of interest')))))))
    for (const packed of [
      Buffer.from(`\xfd7zXZ\0${'x'.repeat(60)}`, 'latin1').toString('base64'),
      Buffer.from('7z\xbc\xaf\x27\x1c and what a program packed there', 'latin1').toString('base64'),
      base64(zipOf(around('x'), 1)),
      deep,
    ]) {
      expect((await holding(VALUE).redact(`before ${packed} after`)).kinds).toEqual(['unreadable_archive'])
      expect((await createRedactor().redact(`before ${packed} after`)).count).toBe(0)
    }
  })

  it('a bomb is withheld within bounded time and memory', async () => {
    const flat = gzipSync(Buffer.alloc(9 * 1024 ** 2))
    const many = Array.from({ length: 14 }, () => base64(gzipSync(Buffer.alloc(2 * 1024 ** 2)))).join('\n"')
    for (const bomb of [base64(flat), base64(gzipSync(flat)), many, '\x1f\x8b\x08\0'.repeat(20_000)]) {
      const worked = startWork()
      const found = await holding(VALUE).redact(bomb)
      expect(found.kinds).toEqual(['unreadable_archive'])
      expect(worked()).toBeLessThan(8_000)
    }
  }, 60_000)

  it('a piece that is longer than what a stream holds back is looked into as a whole', async () => {
    const line = `${'a log line of a build, '.repeat(40)}\n`
    const noise = randomBytes(100_000).toString('hex')
    for (const value of [VALUE, 'nothing of interest']) {
      const packed = base64(gzipSync(`${noise}${value}`))
      const text = `${line.repeat(1_000)}${packed}\n${line.repeat(200)}`
      const redactor = holding(VALUE)
      const stream = redactor.stream?.()
      let out = ''
      for (let at = 0; at < text.length; at += 65_536) out += (await stream?.push(text.slice(at, at + 65_536))) ?? ''
      const rest = await stream?.end()
      const whole = await redactor.redact(text)
      expect(rest?.confirmed).toBe(value === VALUE)
      expect(out + (rest?.text ?? '') === whole.text).toBe(true)
    }
  }, 60_000)
})
