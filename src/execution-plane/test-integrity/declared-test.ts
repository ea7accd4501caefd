import { childOf, type SyntaxLanguage, type SyntaxNode } from '#syntax'
import { argumentsOf, callName } from './call-name.ts'

/** A test case, or a group of them, as its language declares it. */
export interface Declared {
  readonly name: string
  readonly group: boolean
  readonly body: SyntaxNode
  /** What stands before it and around its body: decorators, annotations, options, the name it is called by. */
  readonly marks: readonly { readonly line: number; readonly text: string }[]
  /** Where rows of parameters may stand. */
  readonly tables: readonly SyntaxNode[]
}

type Finder = (node: SyntaxNode) => Declared | undefined

const mark = (node: SyntaxNode) => ({ line: node.line, text: node.text.slice(0, 400) })
const unquoted = (text: string): string => text.replace(/^[rbfu]*(['"`]{1,3})([\s\S]*)\1$/, '$2').slice(0, 200)

const JS_TEST =
  /^(?:[xf]?(?:it|test|specify)|(?:t|st|Deno|test|it)\.test|bench)(?:\.(?!describe|before|after|suite|use|step|extend|setTimeout)\w+)*$/
const JS_GROUP = /^(?:[xf]?(?:describe|context|suite)|test\.(?:describe|suite))(?:\.\w+)*$/
const FUNCTION = /^(?:arrow_function|function_expression|function|generator_function)$/

const javascript: Finder = (node) => {
  if (node.type !== 'call_expression') return undefined
  const name = callName(node)
  const group = JS_GROUP.test(name)
  if (!group && !JS_TEST.test(name)) return undefined
  const given = argumentsOf(node)?.children.filter((child) => child.named) ?? []
  const body = given.findLast((child) => FUNCTION.test(child.type))
  const called = given[0]
  if (called === undefined || called === body) return undefined
  const todo = /(?:skip|todo|only|fixme)$/i.test(name) || /^[xf]/.test(name)
  if (body === undefined && !todo && !/^(?:identifier|call_expression)$/.test(given.at(-1)?.type ?? ''))
    return undefined
  const options = given.filter((child) => child !== body && child !== called)
  const table = childOf(node, 'function')
  return {
    name: unquoted(called.text),
    group,
    body: body ?? node,
    marks: [{ line: node.line, text: `${name}(` }, ...options.map(mark)],
    tables: table?.type === 'call_expression' ? [table] : [],
  }
}

const python: Finder = (node) => {
  const group = node.type === 'class_definition'
  if (!group && node.type !== 'function_definition') return undefined
  const name = childOf(node, 'name')?.text ?? ''
  const body = childOf(node, 'body')
  if (body === undefined || (!group && !name.startsWith('test'))) return undefined
  const decorators = node.parent?.type === 'decorated_definition' ? node.parent.children : []
  const marks = decorators.filter((child) => child.type === 'decorator')
  return { name, group, body, marks: marks.map(mark), tables: marks.filter(({ text }) => text.includes('parametrize')) }
}

const TEST_ANNOTATION = /^@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property|Theory)\b/
const java: Finder = (node) => {
  const name = childOf(node, 'name')?.text ?? ''
  const body = childOf(node, 'body')
  const group = /^(?:class|record|interface|enum)_declaration$/.test(node.type)
  if (body === undefined || (!group && node.type !== 'method_declaration')) return undefined
  const before = node.children.find((child) => child.type === 'modifiers')?.children ?? []
  const marks = before.filter((child) => child.type.endsWith('annotation'))
  const annotated = marks.some(({ text }) => TEST_ANNOTATION.test(text))
  const named = /^test[A-Z_0-9]?/.test(name) && childOf(node, 'type')?.type === 'void_type'
  if (!group && !annotated && !named) return undefined
  return { name, group, body, marks: marks.map(mark), tables: marks.filter(({ text }) => /Source\b/.test(text)) }
}

const go: Finder = (node) => {
  if (node.type === 'function_declaration') {
    const name = childOf(node, 'name')?.text ?? ''
    const body = childOf(node, 'body')
    if (body === undefined || !/^(?:Test|Fuzz|Benchmark|Example)(?![a-z])/.test(name)) return undefined
    return { name, group: false, body, marks: [], tables: [body] }
  }
  if (node.type === 'method_declaration') {
    const name = childOf(node, 'name')?.text ?? ''
    const body = childOf(node, 'body')
    return body === undefined || !/^Test[A-Z_]/.test(name)
      ? undefined
      : { name, group: false, body, marks: [], tables: [body] }
  }
  if (node.type !== 'call_expression' || !/(?:^|\.)Run$/.test(callName(node))) return undefined
  const given = argumentsOf(node)?.children.filter((child) => child.named) ?? []
  const body = given.find((child) => child.type === 'func_literal')
  const called = given[0]
  if (body === undefined || called === undefined || !called.type.endsWith('string_literal')) return undefined
  return { name: unquoted(called.text), group: false, body, marks: [], tables: [body] }
}

const rust: Finder = (node) => {
  if (node.type === 'macro_invocation') {
    const macro = childOf(node, 'macro')?.text ?? ''
    const body = node.children.find((child) => child.type === 'token_tree')
    if (!/test/i.test(macro) || body === undefined || !/^(?:source_file|declaration_list)$/.test(holderOf(node).type))
      return undefined
    const name = body.children.find((child) => child.type === 'identifier')?.text ?? macro
    return { name, group: false, body, marks: [], tables: [] }
  }
  const group = node.type === 'mod_item'
  if (!group && node.type !== 'function_item') return undefined
  const body = childOf(node, 'body')
  const siblings = node.parent?.children ?? []
  const marks: SyntaxNode[] = []
  for (let at = siblings.indexOf(node) - 1; at >= 0; at--) {
    const before = siblings[at]
    if (before === undefined || !/^(?:attribute_item|line_comment|block_comment)$/.test(before.type)) break
    if (before.type === 'attribute_item') marks.push(before)
  }
  const tested = marks.some(({ text }) => /^#\[\s*(?:[\w:]*test|rstest|test_case|quickcheck)\b/.test(text))
  if (body === undefined || (!group && !tested)) return undefined
  const tables = marks.filter(({ text }) => /case|values/.test(text))
  return { name: childOf(node, 'name')?.text ?? '', group, body, marks: marks.map(mark), tables }
}
const holderOf = (node: SyntaxNode): SyntaxNode =>
  node.parent?.type === 'expression_statement' ? (node.parent.parent ?? node.parent) : (node.parent ?? node)

const ruby: Finder = (node) => {
  if (node.type === 'method') {
    const name = childOf(node, 'name')?.text ?? ''
    return name.startsWith('test_') ? { name, group: false, body: node, marks: [], tables: [] } : undefined
  }
  if (node.type === 'class')
    return { name: childOf(node, 'name')?.text ?? '', group: true, body: node, marks: [], tables: [] }
  if (node.type !== 'call') return undefined
  const name = callName(node)
  const group = /^(?:RSpec\.)?[xf]?(?:describe|context|feature|shared_examples\w*)$/.test(name)
  if (!group && !/^(?:[xf]?(?:it|specify|example|scenario)|test|should|pending)$/.test(name)) return undefined
  const given = argumentsOf(node)?.children.filter((child) => child.named) ?? []
  const body = childOf(node, 'block')
  if (body === undefined && !/^(?:x|pending)/.test(name)) return undefined
  const [called, ...options] = given
  const marks = [{ line: node.line, text: `${name}(` }, ...options.map(mark)]
  return { name: unquoted(called?.text ?? ''), group, body: body ?? node, marks, tables: [] }
}

const CSHARP_TEST = /^\[?\s*(?:\w+\.)*(?:Fact|Theory|Test|TestCase|TestMethod|DataTestMethod|TestCaseSource)\b/
const csharp: Finder = (node) =>
  attributed(node, /^(?:class|struct|record)_declaration$/, (text) => CSHARP_TEST.test(text))
const php: Finder = (node) =>
  attributed(node, /^(?:class|trait)_declaration$/, (text) => /#\[\s*(?:\w+\\)*Test\b/.test(text))

function attributed(node: SyntaxNode, groups: RegExp, marksTest: (text: string) => boolean): Declared | undefined {
  const group = groups.test(node.type)
  const body = childOf(node, 'body')
  if (body === undefined || (!group && node.type !== 'method_declaration')) return undefined
  const name = childOf(node, 'name')?.text ?? ''
  const before = node.children.filter((child) => child.type === 'attribute_list')
  const tested = /^test[A-Z_0-9]/.test(name) || before.some(({ text }) => marksTest(text))
  if (!group && !tested) return undefined
  return { name, group, body, marks: before.map(mark), tables: before }
}

const cpp: Finder = (node) => {
  if (node.type !== 'function_definition') return undefined
  const declared = childOf(node, 'declarator')
  const body = childOf(node, 'body')
  const given = /^(?:TYPED_)?(?:TEST|TEST_F|TEST_P|TEST_CASE|SECTION|BOOST_AUTO_TEST_CASE)\s*\(([^)]*)\)/.exec(
    declared?.text ?? '',
  )
  if (given === null || body === undefined) return undefined
  return { name: (given[1] ?? '').replaceAll(/\s+/g, ' '), group: false, body, marks: [], tables: [] }
}

const bash: Finder = (node) => {
  const name = childOf(node, 'name')?.text ?? ''
  const body = childOf(node, 'body')
  return node.type === 'function_definition' && name.startsWith('test') && body !== undefined
    ? { name, group: false, body, marks: [], tables: [] }
    : undefined
}

const FINDERS: Readonly<Record<SyntaxLanguage, Finder>> = {
  typescript: javascript,
  tsx: javascript,
  javascript,
  python,
  java,
  go,
  rust,
  ruby,
  csharp,
  cpp,
  php,
  bash,
}

/** The test case or group that a node declares, if it declares one. */
export const declaredTest = (node: SyntaxNode, language: SyntaxLanguage): Declared | undefined =>
  FINDERS[language](node)
