import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import type { Redactor } from '#ports'
import { summariseLog, summariseText } from './summarise-log.ts'
import { LogKeeper } from './keep-lines.ts'

/** Cuts one word, also where it is spread over lines. */
const redactor: Redactor = {
  version: 'test',
  register: () => undefined,
  redact: async (text) => {
    const clean = text.replaceAll(/SECRET(?:\n\w+)*\nEND|hunter22/g, '[cut]')
    return { text: clean, count: clean === text ? 0 : 1, kinds: [], confirmed: false }
  },
}

async function* pieces(text: string | Buffer, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const padded = (before: number, middle: readonly string[], after: number): string =>
  [
    ...Array.from({ length: before }, (_, n) => `Downloading package ${n} of many, 12 kB/s`),
    ...middle,
    ...Array.from({ length: after }, (_, n) => `Leaving step ${n} done`),
  ].join('\n')

const texts = (log: string) => summariseText(log, 50).lines.map(({ text }) => text)

describe('the telling lines', () => {
  it('a compiler error far from the end is found with its number, place and kind', () => {
    const log = padded(
      900,
      ['[ERROR] COMPILATION ERROR :', '[ERROR] /home/travis/build/acme/shop/src/Cart.java:[12,7] cannot find symbol'],
      700,
    )
    const summary = summariseText(log, 50)
    expect(summary.classification).toBe('compile_error')
    expect(summary.root_causes[0]).toMatchObject({ file: 'src/Cart.java', line: 12, message: 'cannot find symbol' })
    expect(summary.lines.map(({ number }) => number)).toEqual(expect.arrayContaining([901, 902]))
    expect(summary).toMatchObject({ total_lines: 1602, truncated: true })
  })

  it('no more lines are given than asked for, no blank ones, and each text once', () => {
    const log = padded(
      80,
      Array.from({ length: 300 }, (_, n) => (n % 3 === 0 ? '' : `FAIL: case ${n % 40}`)),
      80,
    )
    const seven = summariseText(log, 7).lines
    expect(seven).toHaveLength(7)
    const all = texts(log)
    expect(new Set(all).size).toBe(all.length)
    expect(all).not.toContain('')
  })

  it('lines that differ in signs alone are two lines, and a line of signs alone is one', () => {
    expect(texts('- if (a < b) {\n+ if (a > b) {\n    ^\n')).toHaveLength(3)
  })

  it('a log that fits is given whole and is not truncated', () => {
    const summary = summariseText('npm test\nAssertionError: expected 1 to equal 2\n', 50)
    expect(summary.lines).toHaveLength(2)
    expect(summary).toMatchObject({ truncated: false, classification: 'test_failure', total_lines: 2 })
  })

  it('colours, progress bars, NULs and stamps of a CI system are no part of what is said', () => {
    const log =
      '10 %\r55 %\r\u001B[31m2024-01-01T10:00:00.000Z src/a.ts(3,1): error TS2304: Cannot find\u0000 name\u001B[0m\r\n'
    const { lines, root_causes } = summariseText(log, 50)
    expect(lines).toEqual([
      { number: 1, text: '2024-01-01T10:00:00.000Z src/a.ts(3,1): error TS2304: Cannot find name' },
    ])
    expect(root_causes[0]).toMatchObject({ file: 'src/a.ts', line: 3 })
  })

  it('a log without a failure is called unknown and names no cause', () => {
    expect(summariseText('all is well\nbye\n', 50)).toMatchObject({ classification: 'unknown', root_causes: [] })
    expect(summariseText('', 50)).toMatchObject({ classification: 'unknown', lines: [], total_lines: 0 })
  })

  it.each([
    ['out_of_memory', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
    ['timeout', 'No output has been received in the last 10m0s, this potentially indicates a stalled build'],
    ['setup_failure', 'ERROR: Could not find a version that satisfies the requirement acme==9 (from versions: none)'],
    ['crash', 'Segmentation fault (core dumped)'],
    ['no_tests', 'collected 0 items'],
  ])('%s is told by its own words', (kind, line) => {
    expect(summariseText(`./run\n${line}\n`, 50).classification).toBe(kind)
  })
})

describe('redaction', () => {
  it('runs before anything is shown, and lines keep their numbers though a secret spans several', async () => {
    const log = ['start', 'SECRET', 'abc', 'END', 'trying', 'Error: login with hunter22 failed', 'done'].join('\n')
    const summary = await summariseLog(pieces(log, 5), { lines: 50, redactor })
    expect(JSON.stringify(summary)).not.toMatch(/SECRET|abc|hunter22/)
    expect(summary.lines).toContainEqual({ number: 6, text: 'Error: login with [cut] failed' })
    expect(summary.redactions).toBe(1)
  })

  it('a log without secrets is shown as it is', async () => {
    const summary = await summariseLog(pieces('Error: it failed\n', 4), { lines: 50, redactor })
    expect(summary).toMatchObject({ redactions: 0, lines: [{ number: 1, text: 'Error: it failed' }] })
  })
})

describe('reading', () => {
  it('the pieces a log comes in change nothing', async () => {
    const log = padded(3_000, ['Traceback (most recent call last):', 'ValueError: no'], 6_000)
    const whole = await summariseLog(pieces(log, log.length), { lines: 50, redactor })
    expect(await summariseLog(pieces(log, 997), { lines: 50, redactor })).toEqual(whole)
    expect(whole.lines.map(({ number }) => number)).toEqual(expect.arrayContaining([3_001, 3_002]))
  })

  it('of a log too long to keep, lines near alarms in its middle are kept with their numbers', () => {
    const log = padded(40_000, ['panic: boom', 'goroutine 1 [running]:', 'main.main()'], 60_000)
    const keeper = new LogKeeper()
    keeper.push(Buffer.from(log))
    const { lines, total_lines } = keeper.end()
    expect(total_lines).toBe(100_003)
    expect(lines.length).toBeLessThan(10_000)
    expect(lines.find(({ number }) => number === 40_001)?.raw).toBe('panic: boom')
    expect(texts(log)).toContain('panic: boom')
  })

  it.each([
    ['one line without an end', Buffer.alloc(5_000_000, 'x')],
    ['binary', Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7919) % 256))],
    ['nothing but NULs', Buffer.alloc(3_000_000)],
    ['line ends alone', Buffer.alloc(3_000_000, '\n')],
  ])('%s ends with a summary', async (_, bytes) => {
    const summary = await summariseLog(pieces(bytes, 65_536), { lines: 50, redactor })
    expect(summary.total_bytes).toBe(bytes.length)
    expect(summary.lines.length).toBeLessThanOrEqual(50)
    for (const { text } of summary.lines) expect(text.length).toBeLessThanOrEqual(1_001)
  })

  it('what comes after a line longer than a block is read, with the right number', () => {
    const { lines } = summariseText(`${'y'.repeat(3_000_000)}\nfatal: it broke\n`, 50)
    expect(lines).toContainEqual({ number: 2, text: 'fatal: it broke' })
  })
})
