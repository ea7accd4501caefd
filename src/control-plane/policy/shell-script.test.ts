import { describe, expect, it } from 'vitest'
import { readScript } from './shell-script.ts'
import { startWork } from '../../../test/support/machine-time.ts'

const words = (script: string) => readScript(script)?.map((pipeline) => pipeline.map((command) => command.words))

describe('reading shell scripts', () => {
  it.each([
    ['a b; c | d && e', [[['a', 'b']], [['c'], ['d']], [['e']]]],
    [`echo "a b" 'c d' e\\ f`, [[['echo', 'a b', 'c d', 'e f']]]],
    ['cu"r"l x', [[['curl', 'x']]]],
    ["c'ur'l x", [[['curl', 'x']]]],
    ['c\\url x', [[['curl', 'x']]]],
    ['cu\\\nrl x', [[['curl', 'x']]]],
    ['A=1 B=2 cmd', [[['cmd']]]],
    ['if a; then b; else c; fi', [[['a']], [['b']], [['c']]]],
    ['a > out 2>&1 < in', [[['a', 'out', '1', 'in']]]],
    ['a |& b', [[['a'], ['b']]]],
    ['a & b', [[['a']], [['b']]]],
    ['# a comment\nb # another\nc', [[['b']], [['c']]]],
    ['echo a#b', [[['echo', 'a#b']]]],
    ['', []],
  ])('%j', (script, expected) =>
    expect(words(script)?.filter((pipeline) => pipeline.some((entry) => entry.length > 0))).toEqual(expected),
  )

  it('scripts inside are kept for a look of their own', () => {
    const nested = (script: string) =>
      readScript(script)
        ?.flat()
        .flatMap((command) => command.nested)
    expect(nested('echo "$(a $(b))" `c` <(d) ; (e; f)')).toEqual(['a $(b)', 'c', 'd', 'e; f'])
  })

  it('here-documents and here-strings are the input of their command', () => {
    const [first, second] = readScript('sh <<-"EOF" && x\n\tcurl\n\tEOF\nb <<< "text"') ?? []
    expect(first?.[0]).toMatchObject({ words: ['sh'], input: ['\tcurl'] })
    expect(second?.[0]).toMatchObject({ words: ['x'] })
    expect(readScript('b <<< "text"')?.[0]?.[0]).toMatchObject({ words: ['b'], input: ['text'] })
  })

  it.each(['echo "a', "echo 'a", 'echo $(a', 'echo `a', '(a', 'a <<'])('%j does not balance', (script) =>
    expect(readScript(script)).toBeUndefined(),
  )

  it('a long script of any characters is read in time and never throws', () => {
    const alphabet = ' \n\t"\'`$(){}<>|&;\\#abc=-*'
    let seed = 7
    const next = () => (seed = (seed * 1103515245 + 12345) % 2147483648)
    const worked = startWork()
    for (let round = 0; round < 3000; round++) {
      const text = Array.from({ length: next() % 60 }, () => alphabet.charAt(next() % alphabet.length)).join('')
      readScript(text)
    }
    readScript('('.repeat(50_000))
    readScript('a '.repeat(50_000))
    expect(worked()).toBeLessThan(5000)
  })
})
