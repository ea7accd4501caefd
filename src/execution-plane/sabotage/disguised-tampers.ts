import { isSnapshot } from '#execution-plane/test-integrity'
import {
  JAVASCRIPT,
  indentOf,
  lineAt,
  ofTest,
  spliced,
  topOf,
  wholeChecks,
  type TamperMutator,
  type Target,
} from './tampered-test.ts'

const family = ({ language }: Target): string => (JAVASCRIPT.has(language) ? 'javascript' : language)

type Wording = Readonly<Record<string, (indent: string, text: string) => readonly string[]>>

/** One check of a line of its own, said in other words; languages that have none are left alone. */
const checkAs =
  (wordings: Wording) =>
  (target: Target): string | undefined => {
    const wording = wordings[family(target)]
    const check = wholeChecks(target).find(({ line, end_line }) => line === end_line)
    if (wording === undefined || check === undefined) return undefined
    const text = lineAt(target, check.line)
    if (/^\s*(?:if|with|return)\b|[({[,]\s*$/.test(text)) return undefined
    return spliced(target, check.line, check.line, wording(indentOf(text), text.trim()))
  }

const LOGGED: Wording = {
  javascript: (indent) => [`${indent}console.log('checked')`],
  python: (indent) => [`${indent}print("checked")`],
  java: (indent) => [`${indent}System.out.println("checked");`],
  go: (indent) => [`${indent}t.Log("checked")`],
  rust: (indent) => [`${indent}println!("checked");`],
}
const CAUGHT: Wording = {
  javascript: (indent, text) => [
    `${indent}try {`,
    `${indent}  ${text}`,
    `${indent}} catch (error) { console.log(error) }`,
  ],
  python: (indent, text) => [
    `${indent}try:`,
    `${indent}    ${text}`,
    `${indent}except AssertionError:`,
    `${indent}    pass`,
  ],
  java: (indent, text) => [`${indent}try { ${text} } catch (AssertionError e) { }`],
  ruby: (indent, text) => [`${indent}begin`, `${indent}  ${text}`, `${indent}rescue Exception`, `${indent}end`],
}
const UNREACHED: Wording = {
  javascript: (indent, text) => [`${indent}if (false) ${text}`],
  python: (indent, text) => [`${indent}if False:`, `${indent}    ${text}`],
  java: (indent, text) => [`${indent}if (false) { ${text} }`],
  go: (indent, text) => [`${indent}if false {`, `${indent}\t${text}`, `${indent}}`],
  rust: (indent, text) => [`${indent}if false { ${text} }`],
}
const OPTIONAL: Wording = {
  javascript: (indent, text) => [`${indent}if (process.env.STRICT) ${text}`],
  python: (indent, text) => [`${indent}if os.environ.get("STRICT"):`, `${indent}    ${text}`],
  java: (indent, text) => [`${indent}if (System.getProperty("strict") != null) { ${text} }`],
  go: (indent, text) => [`${indent}if os.Getenv("STRICT") != "" {`, `${indent}\t${text}`, `${indent}}`],
  rust: (indent, text) => [`${indent}if std::env::var("STRICT").is_ok() { ${text} }`],
}

type Rewrite = readonly [language: string, from: RegExp, to: string]

/** The first line of a test rewritten, decorators and all. */
const headAs =
  (rewrites: readonly Rewrite[]) =>
  (target: Target): string | undefined => {
    for (let line = topOf(target); line <= target.test.line; line++) {
      const text = lineAt(target, line)
      const rewrite = rewrites.find(([language, from]) => language === family(target) && from.test(text))
      if (rewrite === undefined) continue
      const changed = text.replace(rewrite[1], rewrite[2])
      return spliced(target, line, line, changed.trim() === '' ? [] : [changed])
    }
    return undefined
  }

const UNCOLLECTED: readonly Rewrite[] = [
  ['python', /^(\s*(?:async )?def )test_/, '$1check_'],
  ['go', /^func Test/, 'func checkThat'],
  ['java', /^\s*@Test\s*$/, ''],
  ['java', /^(\s*)@Test /, '$1'],
  ['rust', /^\s*#\[test\]\s*$/, ''],
  ['javascript', /^(\s*)(?:it|test)\(/, '$1const unused = () => noop('],
]
const EXPECTED_TO_FAIL: readonly Rewrite[] = [
  ['python', /^(\s*)((?:async )?def test_)/, '$1@pytest.mark.xfail(strict=False)\n$1$2'],
  ['javascript', /^(\s*)(it|test)\(/, '$1$2.fails('],
  ['rust', /^(\s*)(fn )/, '$1#[should_panic]\n$1$2'],
]

/** The number of a constant that says how far off a check may be. */
function widenedConstant(target: Target): string | undefined {
  const at = target.lines.findIndex((text) =>
    /^\s*(?:(?:export )?(?:const|let|var)|(?:private |public )?(?:static )?(?:final )?(?:double|float)|static)?\s*\w*(?:tol|eps|delta)\w*(?::\s*\w+)?\s*:?=\s*[\d.e-]+;?\s*$/i.test(
      text,
    ),
  )
  return at === -1
    ? undefined
    : spliced(target, at + 1, at + 1, [(target.lines[at] ?? '').replace(/[\d.e-]+(;?\s*)$/i, '1000$1')])
}

function leftWhenUnready(target: Target): string | undefined {
  const check = wholeChecks(target)[0]
  if (check === undefined || /^\s*(?:\.|\))/.test(lineAt(target, check.line))) return undefined
  const indent = indentOf(lineAt(target, check.line))
  const said: Readonly<Record<string, string>> = {
    javascript: 'if (!process.env.READY) return',
    python: 'if not os.environ.get("READY"): return',
    java: 'if (System.getenv("READY") == null) return;',
    go: 'if os.Getenv("READY") == "" { return }',
    rust: 'if std::env::var("READY").is_err() { return; }',
  }
  const line = said[family(target)]
  return line === undefined ? undefined : spliced(target, check.line, check.line - 1, [`${indent}${line}`])
}

/** A check that compares a value with itself. */
function selfCompared(target: Target): string | undefined {
  const forms: readonly (readonly [RegExp, string])[] = [
    [/^(\s*assert )([\w.]+) == .+$/, '$1$2 == $2'],
    [/expect\(([\w.]+)\)\.to(?:Be|Equal|StrictEqual)\(.*\)/, 'expect($1).toBe($1)'],
    [/assert\.(equal|strictEqual|deepEqual)\(([\w.]+), [^()]*\)/, 'assert.$1($2, $2)'],
    [/assertEquals\([^,()]+, ([\w.]+)\)/, 'assertEquals($1, $1)'],
    [/assert\.Equal\(t, [^,()]+, ([\w.]+)\)/, 'assert.Equal(t, $1, $1)'],
    [/assert_eq!\(([\w.]+), [^()]*\)/, 'assert_eq!($1, $1)'],
  ]
  for (const { line, end_line } of wholeChecks(target)) {
    const text = lineAt(target, line)
    const form = line === end_line ? forms.find(([from]) => from.test(text)) : undefined
    if (form !== undefined) return spliced(target, line, line, [text.replace(form[0], form[1])])
  }
  return undefined
}

/** The same harm as `TAMPER_MUTATORS` do, spelled so that it is harder to see. */
export const DISGUISED_TAMPERS: readonly TamperMutator[] = [
  ofTest('log_for_check', 'prints where it checked', checkAs(LOGGED)),
  ofTest('catch_one_check', 'catches what one check says', checkAs(CAUGHT)),
  ofTest('check_if_false', 'puts a check where nothing comes', checkAs(UNREACHED)),
  ofTest('check_if_asked', 'checks where a variable is set', checkAs(OPTIONAL)),
  ofTest('return_if_unready', 'leaves a test where a variable is not set', leftWhenUnready),
  ofTest('hide_from_runner', 'renames a test so that no runner finds it', headAs(UNCOLLECTED)),
  ofTest('expect_failure', 'expects a test to fail', headAs(EXPECTED_TO_FAIL)),
  ofTest('compare_with_itself', 'compares a value with itself', selfCompared),
  ofTest('widen_constant', 'lets checks be further off through a constant', widenedConstant),
  {
    name: 'record_all_anew',
    does: 'records every expectation of a file anew',
    mutate: async (files) => {
      const [path, text] = [...files].find(([name]) => isSnapshot(name)) ?? []
      if (path === undefined || text === undefined) return undefined
      const changed = text
        .split('\n')
        .map((line) => (/^(?:exports\[|\/\/)/.test(line) ? line : line.replace(/\w{4,}/, 'tampered')))
      return new Map([[path, changed.join('\n')]])
    },
  },
]
