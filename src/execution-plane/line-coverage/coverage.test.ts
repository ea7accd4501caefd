import { describe, expect, it } from 'vitest'
import { coverChangedLines } from './changed-lines.ts'
import type { LineHits } from './line-hits.ts'
import { readGoCover } from './read-go-cover.ts'
import { readLcov } from './read-lcov.ts'
import { readPython } from './read-python.ts'
import { readV8 } from './read-v8.ts'
import { readXmlCoverage } from './read-xml-coverage.ts'

const ordered = (lines: ReadonlySet<number>) => [...lines].sort((one, other) => one - other)

const plain = (found: readonly LineHits[]) =>
  found.map(({ path, executable, hit }) => [path, ordered(executable), ordered(hit)])

describe('readers of coverage', () => {
  it('lcov tells lines by file', () => {
    const text = 'TN:\nSF:src/a.js\nDA:1,2\nDA:2,0\nDA:x,1\nDA:-3,1\nend_of_record\nDA:9,1\nSF:b.js\nDA:4,1\n'
    expect(plain(readLcov(text))).toEqual([
      ['src/a.js', [1, 2], [1]],
      ['b.js', [4], [4]],
    ])
  })

  it('Cobertura and JaCoCo are told apart by their own words', () => {
    const cobertura =
      '<coverage><packages><package name="p"><classes><class name="A" filename="src/a.py"><lines><line number="1" hits="3"/><line number="2" hits="0"/></lines></class></classes></package></packages></coverage>'
    expect(plain(readXmlCoverage(cobertura))).toEqual([['src/a.py', [1, 2], [1]]])
    const jacoco =
      '<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report><package name="org/example"><class name="org/example/A" sourcefilename="A.java"/><sourcefile name="A.java"><line nr="7" mi="0" ci="4" mb="0" cb="0"/><line nr="8" mi="2" ci="0"/></sourcefile></package></report>'
    expect(plain(readXmlCoverage(jacoco))).toEqual([['org/example/A.java', [7, 8], [7]]])
  })

  it('an XML bomb, a cut file and nonsense give nothing or what stands there, and end', () => {
    const bomb = `<!DOCTYPE a [<!ENTITY x "${'y'.repeat(1_000)}">]><coverage><class filename="&x;"><line number="1" hits="1"/>`
    expect(readXmlCoverage(bomb)).toHaveLength(1)
    expect(readXmlCoverage('<a>'.repeat(300_000))).toEqual([])
    expect(readXmlCoverage('<class filename="a"><line number="1e400" hits="1"/><line')).toEqual([])
    expect([readLcov('\0\0'), readGoCover('mode: set\n'), readPython(['{', '[]']), readV8(['{'], () => '')]).toEqual([
      [],
      [],
      [],
      [],
    ])
  })

  it('a Go profile counts the lines of each block once, reached or not', () => {
    const text = 'mode: set\nexample.org/m/a.go:3.20,5.2 2 1\nexample.org/m/a.go:7.10,8.12 1 0\n'
    expect(plain(readGoCover(text))).toEqual([['example.org/m/a.go', [3, 4, 7, 8], [3, 4]]])
  })

  it('V8 takes the innermost range, adds processes up and passes comments over', () => {
    const source =
      '// says 1\nexport function f(a) {\n  if (a) {\n    return 1\n  }\n  return 2\n}\nexport const g = () => 3\n'
    const at = (text: string) => source.indexOf(text)
    const range = (from: number, to: number, count: number) => ({ startOffset: from, endOffset: to, count })
    const record = (skipped: readonly [number, number][]) =>
      JSON.stringify({
        result: [
          {
            url: 'file:///workspace/src/a%20b.js',
            functions: [
              { functionName: '', isBlockCoverage: true, ranges: [range(0, source.length, 1)] },
              {
                functionName: 'f',
                isBlockCoverage: true,
                ranges: [range(at('function'), at('export const') - 1, 1), ...skipped.map(([a, b]) => range(a, b, 0))],
              },
              { functionName: 'g', isBlockCoverage: false, ranges: [range(at('() =>'), source.length - 1, 0)] },
            ],
          },
          { url: 'file:///workspace/node_modules/x/i.js', functions: [] },
          { url: 'node:fs', functions: [] },
        ],
      })
    const one = record([[at('{\n    return 1'), at('  return 2') - 1]])
    const other = record([[at('  return 2'), at('}\nexport const')]])
    const read = (path: string) => (path === 'src/a b.js' ? source : undefined)
    expect(plain(readV8([one], read))).toEqual([['src/a b.js', [2, 3, 4, 6, 8], [2, 3, 6, 8]]])
    expect(plain(readV8([one, other], read))[0]?.[2]).toEqual([2, 3, 4, 6, 8])
  })
})

describe('changed lines', () => {
  const hits: readonly LineHits[] = [
    { path: 'example.org/m/a.go', executable: new Set([1, 2, 3]), hit: new Set([1]) },
    { path: 'dist/b.js', executable: new Set([1]), hit: new Set([1]) },
  ]

  it('are reached, missed or no code, and a file no test loads is missed whole', () => {
    const changed = [
      { path: 'a.go', lines: [1, 2, 9] },
      { path: 'new.go', lines: [4, 5] },
    ]
    expect(coverChangedLines(changed, hits, 'go')).toEqual({
      measured: true,
      by: 'go',
      executable: 4,
      covered: 1,
      files: [
        { path: 'a.go', executable: 2, covered: 1, uncovered: [2] },
        { path: 'new.go', executable: 2, covered: 0, uncovered: [4, 5] },
      ],
    })
  })

  it('of a source that only runs as built, or that has no code, are not measured', () => {
    expect(coverChangedLines([{ path: 'src/b.ts', lines: [1] }], hits, 'V8')).toMatchObject({ measured: false })
    expect(coverChangedLines([{ path: 'a.go', lines: [9] }], hits, 'go')).toMatchObject({ measured: false })
  })
})
