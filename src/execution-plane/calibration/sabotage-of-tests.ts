import { isTestFile } from '#execution-plane/patch'
import { pick, type Edit, type Sabotage, type Sources } from './sabotage.ts'

/** One tamper with a test file; what it leaves unchanged it could not sabotage. */
const tampers = (name: string, change: (text: string) => string | null): Sabotage => ({
  name,
  gate: 'test_integrity',
  apply: (sources, seed) => {
    const possible = testsIn(sources).flatMap(([path, text]): readonly Edit[] => {
      const content = change(text)
      return content === text ? [] : [{ path, content }]
    })
    const edit = pick(possible, seed)
    return edit === undefined ? undefined : [edit]
  },
})

const testsIn = (sources: Sources) => [...sources].filter(([path]) => isTestFile(path))

const ASSERTION = /^[ \t]*(?:assert[.\w]*|expect|self\.assert\w+)\s*\(.*\)[^\n]*\n/m
const JS_TEST = /^([ \t]*)(test|it)\(/m

/** Ways to make tests say less; those of the whole suite of the test-integrity gate are measured by its own bench. */
export const TAMPERS: readonly Sabotage[] = [
  tampers('a test file is gone', () => null),
  tampers('a test is skipped', (text) =>
    text.replace(JS_TEST, '$1$2.skip(').replace(/^(\s*)def test_/m, '$1@pytest.mark.skip\n$1def test_'),
  ),
  tampers('one test alone is run', (text) => text.replace(JS_TEST, '$1$2.only(')),
  tampers('an assertion is gone', (text) => text.replace(ASSERTION, '')),
  tampers('every assertion is gone', (text) => text.replace(new RegExp(ASSERTION.source, 'gm'), '')),
  tampers('an assertion is a comment', (text) => text.replace(ASSERTION, (line) => `// ${line.trimStart()}`)),
  tampers('an assertion compares a thing with itself', (text) =>
    text
      .replace(/assert\.(equal|deepEqual)\(([^,\n]+), [^\n]+\)/, 'assert.$1($2, $2)')
      .replace(/expect\((.+)\)\.toBe\(.+\)/, 'expect(1).toBe(1)'),
  ),
  tampers('an assertion accepts anything', (text) =>
    text
      .replace(/assert\.(?:equal|deepEqual)\((.+)\)$/m, 'assert.ok(true)')
      .replace(/expect\(.+\)\.\w+\(.*\)$/m, 'expect(true).toBe(true)'),
  ),
  tampers('a test is gone', (text) => text.replace(/^(?:test|it)\([^\n]+\n(?:[ \t][^\n]*\n|\n)*?\}\)\n/m, '')),
  tampers('the process ends before the tests do', (text) => `${text}\nprocess.exit(0)\n`),
]
