import { describe, expect, it } from 'vitest'
import { readLines, type OutputLine } from './json-lines.ts'

async function read(
  pieces: readonly string[],
  bounds = { line: 30, total: 1_000, count: 200 },
): Promise<readonly OutputLine[]> {
  async function* output() {
    for (const piece of pieces) yield Buffer.from(piece)
  }
  const lines: OutputLine[] = []
  for await (const line of readLines(output(), bounds)) lines.push(line)
  return lines
}

describe('lines of a guest', () => {
  it('are the same however the bytes are cut', async () => {
    const whole = '{"a":1}\n{"b":"é"}\nwords\n'
    const one = await read([whole])
    expect(one).toEqual([
      { kind: 'json', value: { a: 1 } },
      { kind: 'json', value: { b: 'é' } },
      { kind: 'words', text: 'words' },
    ])
    expect(await read(Array.from(whole))).toEqual(one)
  })

  it('that are too long are dropped and the next one is read', async () => {
    expect(await read([`{"a":"${'x'.repeat(50)}"}\n{"b":2}`])).toEqual([{ kind: 'json', value: { b: 2 } }])
  })

  it('without an end are a flood', async () => {
    expect((await read(Array.from({ length: 50 }, () => 'x'.repeat(29)))).at(-1)).toEqual({ kind: 'flood' })
  })

  it('are a flood as well when they are short and too many', async () => {
    const lines = await read(['\n'.repeat(201)])
    expect(lines).toEqual([{ kind: 'flood' }])
    expect(await read(['\n'.repeat(200)])).toEqual([])
  })
})
