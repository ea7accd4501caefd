import { describe, expect, test } from 'vitest'
import { WordTable } from './word-table.ts'
import { wordsIn } from './words.ts'

/** Counts one document of one chunk; gives how often each word stands in it. */
function wordsOf(text: string): Record<string, number> {
  const table = new WordTable()
  const lines = text.split('\n').length
  table.count({ document: 0, text, of_line: new Uint32Array(lines), chunks: 1, first_chunk: 0 })
  return Object.fromEntries(table.words.all().map((word, id) => [word, table.word_postings[id]?.[1] ?? 0]))
}

function expected(text: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const line of text.split('\n')) for (const word of wordsIn(line)) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

describe('words of a text', () => {
  test.each([
    ['plain code', 'const a1 = parse_header(a1, 0xff)\n\n  return $x // end'],
    ['a letter beyond ASCII in, before and behind a word', 'naïve naive\nétat état2\nx2é y\na=é b'],
    ['letters of other writing and pairs of surrogates', '日本語 テスト = foo\n𝛼beta 👍 beta'],
    ['no newline at the end, and Windows line ends', 'a\r\nb\r\nlast'],
    ['nothing', ''],
  ])('are those that the pattern of words finds: %s', (_, text) => {
    expect(wordsOf(text)).toEqual(expected(text))
  })

  test('are told apart when there are many, and found again by the same number', () => {
    const table = new WordTable()
    const names = Array.from({ length: 12_000 }, (_, at) => `name${at}_${at % 7}`)
    const first = names.map((name) => table.numberOf(name))
    expect(new Set(first).size).toBe(12_000)
    expect(names.map((name) => table.numberOf(`(${name})`, 1, name.length + 1))).toEqual(first)
    expect(table.words.all()).toEqual(names)
  })

  test('count for the chunk of their line, in the order of chunks', () => {
    const table = new WordTable()
    const text = 'outer\ninner thing\nouter again\ninner'
    const lengths = table.count({
      document: 4,
      text,
      of_line: Uint32Array.from([0, 1, 0, 1]),
      chunks: 2,
      first_chunk: 10,
    })
    expect(lengths).toEqual([3, 3])
    expect(table.term_postings[table.terms.numberOf('inner', 0, 5)]).toEqual([11, 2])
    expect(table.term_postings[table.terms.numberOf('outer', 0, 5)]).toEqual([10, 2])
    expect(table.word_postings[table.numberOf('inner')]).toEqual([4, 2])
  })
})
