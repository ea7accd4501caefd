import type { TestLanguage } from './test-files.ts'

/** A test case as it is declared; the name is what its author would recognise. */
export interface TestCase {
  readonly name: string
  /** 1-based. */
  readonly line: number
}

const COMMENT = /^\s*(?:\/\/|\/?\*|#(?!\[)|--)/
const STRING = /\s*(?:\\.|(['"`])((?:\\.|(?!\1).){0,300})\1)/
const JAVASCRIPT = new RegExp(
  `(?:^|[\\s;{(])(?:[tx]?it|x?test|specify|fit|t\\.test|Deno\\.test)(?:\\.(?!describe)\\w+)*\\s*(?:\\([^'"\`]{0,80}\\)\\s*)?\\(${STRING.source}`,
)
const OPEN_CALL = /(?:^|[\s;{(])(?:x?it|x?test|specify|fit)(?:\.\w+)*\($/
const ANNOTATION =
  /^\s*(?:@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b|#\[(?:\w+::)*test\b|\[(?:Fact|Theory|Test|TestCase|TestMethod|DataTestMethod)\b)/
const METHOD = /\b(\w+|`[^`]+`)\s*(?:<[^>]*>)?\(/

/** Finds test cases by the form that each language declares them in; comments do not count. */
export function testCases(lines: readonly string[], language: TestLanguage): readonly TestCase[] {
  const found: TestCase[] = []
  let owner = ''
  let annotated = false
  for (const [at, line] of lines.entries()) {
    if (line.length > 2_000 || COMMENT.test(line)) continue
    const named = /^(?:(?:public|final|abstract|internal|sealed)\s+)*class\s+(\w+)/.exec(line)
    if (named !== null) owner = named[1] ?? ''
    if (annotated && !ANNOTATION.test(line)) {
      const method = /^\s*[@[#]/.test(line) ? null : METHOD.exec(line)
      if (method !== null) {
        found.push({ name: qualified(owner, method[1] ?? ''), line: at + 1 })
        annotated = false
      }
      continue
    }
    if (ANNOTATION.test(line)) {
      const here = METHOD.exec(line.replace(ANNOTATION, '').replace(/^\s*\([^)]*\)/, ''))
      annotated = here === null || !/\b(?:void|fun|fn|Task)\b/.test(line)
      if (!annotated && here !== null) found.push({ name: qualified(owner, here[1] ?? ''), line: at + 1 })
      continue
    }
    const name = declared(line, lines[at + 1] ?? '', language)
    if (name !== undefined)
      found.push({ name: language === 'python' && /^\s/.test(line) ? qualified(owner, name) : name, line: at + 1 })
  }
  return found
}

const qualified = (owner: string, name: string): string => (owner === '' ? name : `${owner}.${name}`)

function declared(line: string, next: string, language: TestLanguage): string | undefined {
  switch (language) {
    case 'javascript': {
      const here = JAVASCRIPT.exec(line)
      if (here !== null) return here[2] ?? ''
      return OPEN_CALL.test(line.trimEnd()) ? /^\s*(['"`])(.*?)\1/.exec(next)?.[2] : undefined
    }
    case 'python':
      return /^\s*(?:async\s+)?def\s+(test\w*)\s*\(/.exec(line)?.[1]
    case 'go':
      return (
        /^func\s+((?:Test|Fuzz|Benchmark|Example)\w*)\(/.exec(line)?.[1] ?? /\bt\.Run\("([^"]{1,200})"/.exec(line)?.[1]
      )
    case 'ruby':
      return (
        /^\s*(?:it|specify|scenario|test)\s+['"](.{1,200}?)['"]/.exec(line)?.[1] ??
        /^\s*def\s+(test_\w+)/.exec(line)?.[1]
      )
    case 'php':
      return /function\s+(test\w+)\s*\(/.exec(line)?.[1]
    case 'java':
      return /^\s*public\s+void\s+(test\w+)\s*\(\s*\)/.exec(line)?.[1]
    case 'rust':
    case 'csharp':
      return undefined
    default:
      return language satisfies never
  }
}
