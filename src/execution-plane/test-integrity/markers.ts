import { descendants, type SyntaxLanguage, type SyntaxNode } from '#syntax'
import { argumentsOf, callName, isCall } from './call-name.ts'
import type { Declared } from './declared-test.ts'
import type { Marker, MarkerKind } from './test-inventory.ts'

type Rule = readonly [kind: MarkerKind, expression: RegExp]

const ALWAYS = /\(\s*(?:True|true|1|1\s*==\s*1|not False)\s*[,)]/
const JS_RULES: readonly Rule[] = [
  ['only', /\.only\b|^f(?:it|describe|context|specify)\b|\bonly:\s*true\b/],
  ['conditional', /\.(?:skipIf|runIf|if|skipUnless)\b|\bskip:\s*(?!true|false|['"`]|1\b)/],
  ['skipped', /\.(?:skip|todo|fixme)\b|^x(?:it|describe|test|context|specify)\b|\b(?:skip|todo):\s*(?:true|1\b|['"`])/],
  ['expected_to_fail', /\.(?:fails|failing|fail)\b|\bfails:\s*true\b/],
]
/** Marks by language: what stands before a test or around it. */
const MARKS: Partial<Record<SyntaxLanguage, readonly Rule[]>> = {
  javascript: JS_RULES,
  python: [
    ['skipped', /\b(?:mark\.skip|unittest\.skip|skip)\b(?!If|if|Unless|_)/],
    ['conditional', /\bskip(?:If|if|Unless|_\w+|unless)\b|\brequires?_|\bmark\.(?:slow|network|integration)\b/],
    ['expected_to_fail', /\bxfail\b|\bexpectedFailure\b|\bXFAIL\b/],
  ],
  java: [
    ['skipped', /^@(?:\w+\.)*(?:Disabled|Ignore)\b|enabled\s*=\s*false/],
    ['conditional', /^@(?:\w+\.)*(?:Disabled\w+|Enabled\w+)\b/],
  ],
  rust: [
    [
      'skipped',
      /#\[\s*ignore\b|#\[\s*cfg\(\s*(?:any\(\s*\)|FALSE|false|not\(\s*test)|cfg_attr\(\s*(?:all\(\s*\)|true|test)\s*,\s*ignore\b/,
    ],
    ['conditional', /#\[\s*cfg\b|#\[\s*cfg_attr\([\s\S]*\bignore\b/],
    ['expected_to_fail', /#\[\s*should_panic\b/],
  ],
  ruby: [
    ['only', /^f(?:it|describe|context|specify)\(|\bfocus:\s*true|:focus\b/],
    ['skipped', /^x\w+\(|^pending\(|\bskip:\s*(?:true|['"])|\bpending:|:skip\b/],
    ['conditional', /\b(?:if|unless):/],
  ],
  csharp: [['skipped', /\[\s*Ignore\b|\bSkip\s*=|\bExplicit\b/]],
  php: [['skipped', /markTestSkipped|#\[\s*(?:Ignore|Skip)/]],
  cpp: [['skipped', /^DISABLED_|\bDISABLED_/]],
}
/** Calls by which a test, a file or a group takes itself out. */
const CALLS: Partial<Record<SyntaxLanguage, RegExp>> = {
  javascript: /^(?:this|t|ctx|context|test|it|describe)\.(?:skip|todo)$|^pending$/,
  python: /^(?:pytest\.(?:skip|xfail|importorskip)|self\.skipTest|(?:unittest\.)?SkipTest|skip)$/,
  java: /(?:^|\.)(?:assume\w+|Assume\.\w+|abort)$/,
  go: /^\w+\.Skip(?:Now|f)?$/,
  ruby: /^(?:skip|pending)$/,
  csharp: /^Assert\.(?:Ignore|Inconclusive|Skip\w*|Pass)$|^Skip\.\w+$/,
  php: /\.(?:markTestSkipped|markTestIncomplete|addToAssertionCount|expectNotToPerformAssertions)$/,
  cpp: /^GTEST_SKIP$/,
  bash: /^skip$/,
}
const forLanguage = (language: SyntaxLanguage): SyntaxLanguage =>
  language === 'typescript' || language === 'tsx' ? 'javascript' : language

/** What the marks before a test say about whether it runs. */
export function markersOf({ marks, name }: Declared, language: SyntaxLanguage): readonly Marker[] {
  const key = forLanguage(language)
  const rules = MARKS[key] ?? []
  const said = key === 'cpp' ? [{ line: 0, text: name }] : marks
  return said.flatMap(({ line, text }) => {
    const rule = rules.find(([, expression]) => expression.test(text))
    if (rule === undefined || /^@(?:pytest\.)?(?:mark\.)?parametrize/.test(text)) return []
    const always = rule[0] === 'conditional' && (ALWAYS.test(text) || /runIf\(\s*false|skipUnless\(\s*False/.test(text))
    return [{ kind: always ? ('skipped' as const) : rule[0], line, text: text.slice(0, 200) }]
  })
}

/** Skips that a body makes by calling for them; under a condition they are conditional. */
export function markersIn(
  body: SyntaxNode,
  language: SyntaxLanguage,
  inner: (node: SyntaxNode) => boolean,
): readonly Marker[] {
  const key = forLanguage(language)
  const skips = CALLS[key]
  const found: Marker[] = []
  for (const node of descendants(body, (below) => below === body || inner(below))) {
    if (key === 'python' && node.type === 'assignment') found.push(...assigned(node))
    if (key === 'python' && node.type === 'raise_statement' && /\bSkipTest\b/.test(node.text))
      found.push({ kind: conditionOf(node, body), line: node.line, text: node.text.slice(0, 200) })
    if (skips === undefined || (!isCall(node) && !(key === 'ruby' && node.type === 'identifier'))) continue
    if (key === 'python' && node.parent?.type === 'raise_statement') continue
    const name = isCall(node) ? callName(node) : node.text
    if (!skips.test(name) || (key === 'ruby' && isCall(node.parent ?? node) && node.field === 'method')) continue
    if (
      key === 'javascript' &&
      /function|string/.test(argumentsOf(node)?.children[1]?.type ?? '') &&
      !name.startsWith('this')
    )
      if (/^(?:test|it|describe)/.test(name)) continue
    const kind = /importorskip|[aA]ssume/.test(name) ? 'conditional' : conditionOf(node, body)
    found.push({ kind, line: node.line, text: node.text.slice(0, 200) })
  }
  return found
}

function assigned(node: SyntaxNode): readonly Marker[] {
  const text = node.text.slice(0, 300)
  if (/^__test__\s*=\s*False/.test(text)) return [{ kind: 'skipped', line: node.line, text }]
  if (!/^pytestmark\b/.test(text)) return []
  if (/\bmark\.skip\b(?!if)/.test(text) || /skipif\(\s*(?:True|1)\b/.test(text))
    return [{ kind: 'skipped', line: node.line, text }]
  if (/\bxfail\b/.test(text)) return [{ kind: 'expected_to_fail', line: node.line, text }]
  return /\bskipif\b/.test(text) ? [{ kind: 'conditional', line: node.line, text }] : []
}

function conditionOf(node: SyntaxNode, body: SyntaxNode): MarkerKind {
  for (let up = node.parent; up !== undefined && up !== body; up = up.parent)
    if (/^(?:if|unless|except_clause|catch_clause|elif|else|rescue|case|switch|match)/.test(up.type))
      return 'conditional'
  return 'skipped'
}
