import { childOf, childrenOf, type SyntaxNode } from '#syntax'
import type { Replacement } from './mutant.ts'

/** Languages that can be mutated, as their grammars differ in what conditions and statements look like. */
export type MutatedLanguage = 'javascript' | 'typescript' | 'tsx' | 'python' | 'java' | 'go' | 'rust'

type Operator = (node: SyntaxNode, language: MutatedLanguage) => Replacement | undefined

const BOUNDARY: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' }
const EQUALITY: Readonly<Record<string, string>> = { '==': '!=', '!=': '==', '===': '!==', '!==': '===' }
const ARITHMETIC: Readonly<Record<string, string>> = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '//': '*' }
const LOGICAL: Readonly<Record<string, string>> = { '&&': '||', '||': '&&', and: 'or', or: 'and' }
const ASSIGNED: Readonly<Record<string, string>> = { '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=' }
const BOOLEAN: Readonly<Record<string, string>> = { true: 'false', false: 'true', True: 'False', False: 'True' }

const BINARY = new Set(['binary_expression', 'binary_operator', 'comparison_operator', 'boolean_operator'])
const CONDITIONAL = new Set([
  'if_statement',
  'if_expression',
  'elif_clause',
  'while_statement',
  'while_expression',
  'ternary_expression',
])
const TEXT = /string|template|char_literal|rune_literal/
const LOGGING =
  /^(?:await\s+)?(?:console|log|logger|logging|self\.log\w*|print|println!|eprintln!|log::\w+!|fmt\.Print|System\.(?:out|err))\b/

/** True for a statement whose only effect is words for people who read logs. */
export const isLogging = (node: SyntaxNode): boolean => node.type === 'expression_statement' && LOGGING.test(node.text)

const replaced = (operator: string, node: SyntaxNode, after: string): Replacement => ({
  operator,
  start: node.start,
  end: node.end,
  after,
})

/** Swaps the operator of an expression by a table. */
function swapped(name: string, table: Readonly<Record<string, string>>): Operator {
  return (node) => {
    if (!BINARY.has(node.type)) return undefined
    // Python's comparisons may chain; then none of them is the operator.
    const signs = node.children.filter((child) => !child.named && Object.hasOwn(table, child.type))
    const [sign] = signs
    if (sign === undefined || signs.length > 1) return undefined
    if (table === ARITHMETIC && childrenOf(node).some((child) => TEXT.test(child.type))) return undefined
    return replaced(name, sign, table[sign.type] ?? '')
  }
}

const swapAssignment: Operator = (node) => {
  if (
    !/^(?:augmented_assignment|augmented_assignment_expression|assignment_expression|assignment_statement|compound_assignment_expr)$/.test(
      node.type,
    )
  )
    return undefined
  const sign = node.children.find((child) => Object.hasOwn(ASSIGNED, child.text) && !child.text.includes('\n'))
  const wordy = childrenOf(node).some((child) => TEXT.test(child.type))
  return sign === undefined || wordy ? undefined : replaced('arithmetic', sign, ASSIGNED[sign.text] ?? '')
}

const negateCondition: Operator = (node, language) => {
  if (!CONDITIONAL.has(node.type)) return undefined
  const condition = childOf(node, 'condition')
  if (condition === undefined || condition.text.length > 2_000 || /\blet\b/.test(condition.text)) return undefined
  if (language === 'python') return replaced('negate_condition', condition, `not (${condition.text})`)
  const wrapped = condition.type === 'parenthesized_expression'
  return replaced('negate_condition', condition, wrapped ? `(!${condition.text})` : `!(${condition.text})`)
}

const flipBoolean: Operator = (node) => {
  const literal = /^(?:true|false|boolean_literal)$/.test(node.type) && node.named
  return literal && Object.hasOwn(BOOLEAN, node.text) ? replaced('boolean', node, BOOLEAN[node.text] ?? '') : undefined
}

const offByOne: Operator = (node) => {
  if (!/^(?:number|integer|int_literal|integer_literal|decimal_integer_literal)$/.test(node.type)) return undefined
  if (!/^\d{1,9}$/.test(node.text) || /^0\d/.test(node.text)) return undefined
  // Versions, ports and the like in types and attributes mean nothing to a test.
  return node.parent !== undefined && /type|attribute|annotation/.test(node.parent.type)
    ? undefined
    : replaced('off_by_one', node, String(Number(node.text) + 1))
}

const returnConstant: Operator = (node, language) => {
  if (node.type !== 'return_statement') return undefined
  const [value] = childrenOf(node).filter((child) => child.type !== 'comment')
  if (value === undefined) return undefined
  const after = CONSTANTS[language](value, node)
  return after === undefined || after === value.text ? undefined : replaced('return_constant', value, after)
}

type Constant = (value: SyntaxNode, statement: SyntaxNode) => string | undefined

const loose =
  (nothing: string): Constant =>
  (value) =>
    /^(?:null|undefined|None|nil)$/.test(value.text) ? '0' : nothing

const CONSTANTS: Readonly<Record<MutatedLanguage, Constant>> = {
  javascript: loose('undefined'),
  // Types are gone when it runs; what is checked by a compiler as well counts as invalid.
  typescript: loose('undefined'),
  tsx: loose('undefined'),
  python: loose('None'),
  java: (_, statement) => byType(enclosing(statement, 'method_declaration', 'type')),
  go: (_, statement) =>
    byType(
      enclosing(statement, 'function_declaration', 'result') ?? enclosing(statement, 'method_declaration', 'result'),
    ),
  rust: () => undefined,
}

function byType(type: string | undefined): string | undefined {
  if (type === undefined) return undefined
  if (/^(?:u?int(?:8|16|32|64)?|long|short|byte|double|float(?:32|64)?|rune)$/.test(type)) return '0'
  if (/^bool(?:ean)?$/.test(type)) return 'false'
  return /^[Ss]tring$/.test(type) ? '""' : undefined
}

function enclosing(node: SyntaxNode, type: string, field: string): string | undefined {
  for (let above = node.parent; above !== undefined; above = above.parent)
    if (above.type === type) return childOf(above, field)?.text
  return undefined
}

const NOTHING: Readonly<Record<MutatedLanguage, string>> = {
  javascript: ';',
  typescript: ';',
  tsx: ';',
  python: 'pass',
  java: ';',
  go: '',
  rust: '',
}

const removeStatement: Operator = (node, language) => {
  if (node.type !== 'expression_statement') return undefined
  const [inner] = childrenOf(node)
  const acts = inner !== undefined && /call|invocation|assignment|update|await|inc_/.test(inner.type)
  if (!acts || node.text.length > 2_000) return undefined
  // A value at the end of a Rust block has no semicolon and is what the block gives.
  if (language === 'rust' && !node.text.endsWith(';')) return undefined
  if (/super\s*\(|^use strict|"use strict"/.test(node.text)) return undefined
  return replaced('remove_statement', node, NOTHING[language])
}

/** Each operator, in the order in which they are tried on one node. */
export const OPERATORS: readonly Operator[] = [
  negateCondition,
  swapped('boundary', BOUNDARY),
  swapped('equality', EQUALITY),
  swapped('logical', LOGICAL),
  swapped('arithmetic', ARITHMETIC),
  swapAssignment,
  flipBoolean,
  returnConstant,
  offByOne,
  removeStatement,
]
