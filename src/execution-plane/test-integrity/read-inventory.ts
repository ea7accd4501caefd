import { childOf, descendants, withTree, type SyntaxLanguage, type SyntaxNode } from '#syntax'
import { declaredTest, type Declared } from './declared-test.ts'
import { markersIn, markersOf } from './markers.ts'
import { mocksIn } from './mocks.ts'
import { readAssertions } from './read-assertions.ts'
import { counted, tokensOf } from './source-tokens.ts'
import { strengthOf } from './assertion-strength.ts'
import { swallowsIn } from './swallowed.ts'
import type { Assertion, Marker, TestCase, TestInventory } from './test-inventory.ts'

const FUNCTION =
  /^(?:arrow_function|function_expression|function_declaration|function|generator_function|func_literal|lambda_expression|lambda|closure_expression|anonymous_function(?:_creation_expression)?|function_definition|method_declaration|class_definition|class_declaration|class_body|do_block|block_argument)$/

/** A file's text as the tests it declares. */
interface Reading {
  readonly path: string
  readonly language: SyntaxLanguage
  readonly found: TestCase[]
  /** How often an id was seen, so that a second one of the same name is told apart. */
  readonly ids: Map<string, number>
}

/** Reads the tests of one file; undefined where the text is too large for a tree. */
export async function readInventory(
  path: string,
  language: SyntaxLanguage,
  text: string,
): Promise<TestInventory | undefined> {
  const read = await withTree(language, text, (root): TestInventory => {
    const reading: Reading = { path, language, found: [], ids: new Map() }
    enter(root, { reading, names: [], markers: [] })
    const support = caseOf(
      root,
      { name: '', group: true, body: root, marks: [], tables: [] },
      { reading, names: [], markers: [] },
    )
    return { path, language, cases: [...reading.found, { ...support, support: true }] }
  })
  return read.ok ? read.value : undefined
}

/** Where a walk stands: the groups around it and what marks them. */
interface Place {
  readonly reading: Reading
  readonly names: readonly string[]
  readonly markers: readonly Marker[]
}

function enter(node: SyntaxNode, place: Place): void {
  const { language } = place.reading
  const open: SyntaxNode[] = node.children.toReversed()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const declared = declaredTest(next, language)
    if (declared === undefined) {
      open.push(...next.children.toReversed())
      continue
    }
    const markers = [...place.markers, ...markersOf(declared, language)]
    const names = [...place.names, declared.name]
    if (!declared.group)
      place.reading.found.push(caseOf(next, declared, { ...place, names: place.names, markers: place.markers }))
    enter(declared.body, { ...place, names, markers: declared.group ? markers : place.markers })
  }
}

function caseOf(node: SyntaxNode, declared: Declared, { reading, names, markers }: Place): TestCase {
  const { path, language, ids } = reading
  const { body } = declared
  const inner = (below: SyntaxNode): boolean => {
    const other = below === node ? undefined : declaredTest(below, language)
    return other === undefined
  }
  const outside = declared.group ? (below: SyntaxNode) => inGroups(below, language) : inner
  const whole = [...names, declared.name].join(' > ')
  const seen = (ids.get(whole) ?? 0) + 1
  ids.set(whole, seen)
  const assertions = readAssertions(body, language, outside)
  const checks = [...assertions, ...annotatedChecks(declared)]
  return {
    id: seen === 1 ? whole : `${whole} #${seen}`,
    name: declared.name,
    support: false,
    path,
    line: node.line,
    end_line: node.end_line,
    markers: [...markers, ...markersOf(declared, language), ...markersIn(body, language, outside)],
    assertions: checks,
    rows: declared.tables.flatMap((table) => rowsOf(table, inner)),
    words: counted(wordsOf(body, outside)),
    returns: declared.group ? [] : returnsOf(body, checks),
    mocks: [
      ...decoratorsOf(node).flatMap((decorator) => mocksIn(decorator, language, () => true)),
      ...mocksIn(body, language, (below) => outside(below) && !isOfTest(below, language)),
    ],
    swallows: declared.group
      ? []
      : swallowsIn(body, inner).map((one) => ({ line: one.line, text: one.text.slice(0, 200) })),
  }
}

const decoratorsOf = ({ parent }: SyntaxNode): readonly SyntaxNode[] =>
  parent?.type === 'decorated_definition' ? parent.children.filter(({ type }) => type === 'decorator') : []

/** True for a decorator of a test: it is part of that test, and not of what stands around it. */
const isOfTest = ({ type, parent }: SyntaxNode, language: SyntaxLanguage): boolean =>
  type === 'decorator' && parent?.children.some((beside) => declaredTest(beside, language) !== undefined) === true

/** Groups are entered, cases are not: what is left is what stands beside the cases. */
const inGroups = (node: SyntaxNode, language: SyntaxLanguage): boolean => {
  const declared = declaredTest(node, language)
  return declared === undefined || declared.group
}

function wordsOf(body: SyntaxNode, inner: (node: SyntaxNode) => boolean) {
  const parts: SyntaxNode[] = []
  const foreign = [...descendants(body, (node) => node === body || inner(node))].filter(
    (node) => node !== body && !inner(node),
  )
  if (foreign.length === 0) return tokensOf(body)
  const holds = new Set<SyntaxNode>()
  for (const one of foreign)
    for (let up: SyntaxNode | undefined = one.parent; up !== undefined && !holds.has(up); up = up.parent) holds.add(up)
  const skip = new Set(foreign)
  for (const node of descendants(body, (below) => holds.has(below)))
    if (!skip.has(node) && !holds.has(node)) parts.push(node)
  return tokensOf(...parts)
}

/** `@Test(expected = X.class)` and its like are checks that stand in an annotation. */
function annotatedChecks({ marks }: Declared): readonly Assertion[] {
  return marks.flatMap(({ line, text }): readonly Assertion[] => {
    const said =
      /\b(?:expected|ExpectedException)\b\s*[=(]\s*([\w.]+)/.exec(text)?.[1] ?? /#\[should_panic.*/.exec(text)?.[0]
    if (said === undefined) return []
    const tokens = [{ text: said, literal: false }]
    const strength = /^(?:Exception|Throwable)\b/.test(said) ? 1 : 2
    return [
      { line, end_line: line, text: `expected ${said}`, tokens, strength, guards: [], swallowed: false, dead: false },
    ]
  })
}

const LIST =
  /^(?:list|array|tuple|literal_value|slice_literal|composite_literal|array_initializer|element_value_array_initializer|argument_list)$/
const ROW =
  /^(?:tuple|list|array|call|literal_value|literal_element|keyed_element|string|object|string_literal|integer|number|dictionary|composite_literal|binary_expression)$/

/** The entries of a table of parameters; strings of an annotation count one by one. */
function rowsOf(table: SyntaxNode, inner: (node: SyntaxNode) => boolean): readonly Assertion[] {
  const list = [...descendants(table, inner)].find(
    (node) =>
      LIST.test(node.type) &&
      node.children.filter((child) => isRow(child)).length >= 2 &&
      isTable(node) &&
      !isNames(node),
  )
  if (list === undefined) return []
  return list.children.filter(isRow).map((row) => {
    const tokens = tokensOf(row)
    const text = tokens.map((token) => token.text).join(' ')
    return {
      line: row.line,
      end_line: row.end_line,
      text,
      tokens,
      strength: strengthOf([]),
      guards: [],
      swallowed: false,
      dead: false,
    }
  })
}

/** A row of Go is a group of values: lists of words are no tables. */
const isRow = (node: SyntaxNode): boolean =>
  node.type === 'literal_element' || node.type === 'keyed_element'
    ? node.children.at(-1)?.children.some((child) => child.type === 'literal_value') === true ||
      node.children.some((child) => child.type === 'literal_value')
    : ROW.test(node.type)

/** The first of several arguments names what the rows of the others are. */
function isNames(node: SyntaxNode): boolean {
  const given = node.parent?.type === 'argument_list' ? node.parent.children.filter((child) => child.named) : []
  return given.length > 1 && given[0]?.start === node.start
}

/** Arguments of a call are no table, but those of an annotation are. */
const isTable = (node: SyntaxNode): boolean =>
  node.type !== 'argument_list' || !/^(?:call|method_invocation|call_expression)$/.test(node.parent?.type ?? '')

/** Returns of the test, or of a function in it that checks, with checks of the same function after them. */
function returnsOf(body: SyntaxNode, checks: readonly Assertion[]): TestCase['returns'] {
  const found: { line: number; text: string }[] = []
  for (const node of descendants(body)) {
    if (!/^(?:return_statement|return|return_expression)$/.test(node.type) || !node.named) continue
    if (node.parent?.type === node.type) continue
    const holder = holderOf(node, body)
    const last = Math.max(0, ...checks.map(({ line }) => line).filter((line) => line <= holder.end_line))
    const text = guardOf(node)
    if (node.end_line < last && (holder === body || text !== '')) found.push({ line: node.line, text })
  }
  return found
}

function holderOf(node: SyntaxNode, body: SyntaxNode): SyntaxNode {
  for (let up = node.parent; up !== undefined && up !== body; up = up.parent) if (FUNCTION.test(up.type)) return up
  return body
}

function guardOf(node: SyntaxNode): string {
  for (let up = node.parent, levels = 0; up !== undefined && levels < 4; up = up.parent, levels++) {
    const condition = up.type.startsWith('if') ? childOf(up, 'condition') : undefined
    if (condition !== undefined) return condition.text.slice(0, 200)
  }
  return ''
}
