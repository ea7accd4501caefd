import { array, assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { captureStream, readWithin } from './captured-output.ts'

const capture = (limit: number, ...chunks: readonly string[]) => {
  const stream = captureStream(limit)
  for (const chunk of chunks) stream.push(Buffer.from(chunk))
  return stream
}

describe('captureStream', () => {
  it('keeps a short output whole', () => {
    expect(capture(10, 'abc', 'defg').read(10)).toEqual({ text: 'abcdefg', dropped: 0 })
  })

  it('keeps both ends of a long one, whatever the chunks, and counts the middle', () => {
    assert(
      property(array(integer({ min: 1, max: 40 }), { maxLength: 30 }), integer({ min: 2, max: 60 }), (sizes, limit) => {
        let next = 0
        const letters = sizes.map((size) =>
          Array.from({ length: size }, () => String.fromCharCode(97 + (next++ % 26))).join(''),
        )
        const whole = letters.join('')
        const { text, dropped } = capture(limit, ...letters).read(limit)
        if (whole.length <= limit) return text === whole && dropped === 0
        const head = whole.slice(0, Math.ceil(limit / 2))
        const tail = whole.slice(whole.length - Math.floor(limit / 2))
        return (
          text === `${head}\n[... ${whole.length - limit} bytes left out ...]\n${tail}` &&
          dropped === whole.length - limit
        )
      }),
    )
  })

  it('tears no character apart at the cut', () => {
    const { text } = capture(9, 'é'.repeat(50)).read(9)
    expect(text.replace(/\n.*\n/, '')).toMatch(/^é+$/)
  })

  it('keeps nothing under a limit of 0', () => {
    expect(capture(0, 'abc').read(0)).toMatchObject({ dropped: 3 })
  })
})

describe('readWithin', () => {
  it('gives what one stream does not need to the other', () => {
    const read = readWithin(capture(100, 'x'.repeat(300)), capture(100, 'err'), 100)
    expect(read.stderr).toBe('err')
    expect(read.stdout.match(/x/g)?.length).toBe(97)
    expect(read.truncated_bytes).toBe(203)
  })

  it('gives each half where both want more', () => {
    const read = readWithin(capture(100, 'x'.repeat(300)), capture(100, 'z'.repeat(300)), 100)
    expect([read.stdout.match(/x/g)?.length, read.stderr.match(/z/g)?.length]).toEqual([50, 50])
  })
})
