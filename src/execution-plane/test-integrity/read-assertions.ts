import { childOf, descendants, type SyntaxLanguage, type SyntaxNode } from '#syntax'
import { argumentsOf, callName, isCall } from './call-name.ts'
import { strengthOf } from './assertion-strength.ts'
import { isComment, tokensOf, type Token } from './source-tokens.ts'
import { catchesAll, isNeverTrue } from './swallowed.ts'
import type { Assertion } from './test-inventory.ts'

const CHECK =
  /(?:^|\.)(?:_?assert(?!ion)|expect(?!ed|ation)|refute|verify(?!ing)|should(?!er)|must_|wont_|check[A-Z_]|EXPECT_|ASSERT_|CHECK|REQUIRE|eqnice|raises$|warns$|deepEqual$|strictEqual$|deepStrictEqual$|notStrictEqual$|rejects$|throws$|fail$)/
const OWN: Partial<Record<SyntaxLanguage, RegExp>> = {
  go: /^(?:assert|require|is|qt|gomega|c)\.[A-Z]|^(?:t|b|tb|s|suite)\.(?:Error|Fatal|Fail)\w*$|^(?!(?:fmt|errors|xerrors)\.).*\.(?:Errorf|Fatalf)$/,
  javascript:
    /^(?:t|st|tt)\.(?!test$|plan|end$|teardown|after|before|context|comment|mock|timeout|log|todo|skip|diagnostic|run|plan|name|on|signal)[a-z]\w*$|^(?:strictEqual|deepEqual|equal|ok|is|deepStrictEqual)$/,
  rust: /^(?:panic|unreachable|matches)$/,
  php: /^(?:this|self|static)\.(?:assert|expect|fail)/,
}
const FAILS = /(?:^|\.)(?:fail\w*|Fatal\w*|Error|Errorf|FailNow|Fail|panic|throwError)$/
const FUNCTION =
  /^(?:arrow_function|function_expression|function|generator_function|func_literal|lambda_expression|lambda|closure_expression|anonymous_function(?:_creation_expression)?|do_block)$/
const NEVER: readonly Assertion[] = []

/** How a check is reached. */
interface Way {
  readonly guards: readonly string[]
  readonly swallowed: boolean
  readonly dead: boolean
}

/** The checks below a node, with how each is reached; what `inner` refuses belongs to somebody else. */
export function readAssertions(
  body: SyntaxNode,
  language: SyntaxLanguage,
  inner: (node: SyntaxNode) => boolean,
): readonly Assertion[] {
  const own = OWN[language === 'typescript' || language === 'tsx' ? 'javascript' : language]
  const isCheck = (name: string) => CHECK.test(name) || (own?.test(name) ?? false)
  const walk = (node: SyntaxNode, way: Way): readonly Assertion[] => {
    if (node !== body && !inner(node)) return NEVER
    const here = checkAt(node, isCheck, way)
    if (here !== undefined) return [...here, ...inFunctions(node, (below) => walk(below, way))]
    const found: Assertion[] = []
    let behind = way
    for (const child of node.children) {
      found.push(...walk(child, wayInto(node, child, behind)))
      if (ends(child, node)) behind = { ...behind, dead: true }
    }
    return found
  }
  return walk(body, { guards: [], swallowed: false, dead: false })
}

/** A check at a node: a call or chain that is named like one, an assert statement, or an if that fails the test. */
function checkAt(node: SyntaxNode, isCheck: (name: string) => boolean, way: Way): readonly Assertion[] | undefined {
  if (node.type === 'assert_statement') {
    const said = node.children.filter((child) => child.named && !isComment(child))[0]
    return said === undefined
      ? undefined
      : [checkOf(node, [{ text: 'assert', literal: false }, ...tokensOf(said)], way)]
  }
  if (node.type === 'if_statement' || node.type === 'if_expression') return failingIf(node, way)
  if (node.type === 'token_tree') return inTokenTree(node, way)
  const named = isCall(node) || /^(?:member_expression|attribute|yield_expression)$/.test(node.type)
  if (!named) return undefined
  const name = callName(node)
  if (!isCheck(name) || (!isCall(node) && !/^(?:expect|.*\.should)\b/.test(name))) return undefined
  const links = name.split('.').filter((part) => part === 'expect').length
  if (links > 0 && !/^expect\b/.test(name)) return chainedChecks(node, way)
  return [checkOf(node, tokensOutsideFunctions(node), way)]
}

const checkOf = (node: SyntaxNode, tokens: readonly Token[], way: Way): Assertion => ({
  line: node.line,
  end_line: node.end_line,
  text: tokens.map((token) => token.text).join(' '),
  tokens,
  strength: strengthOf(tokens),
  ...way,
})

/** `if got != want { t.Fatal() }` checks its condition; the message is no part of it. */
function failingIf(node: SyntaxNode, way: Way): readonly Assertion[] | undefined {
  const then = childOf(node, 'consequence') ?? childOf(node, 'body')
  const condition = childOf(node, 'condition')
  if (then === undefined || condition === undefined) return undefined
  let statements = then.children.filter((child) => child.named && !isComment(child))
  const list = statements[0]
  if (list !== undefined && list.type === 'statement_list') statements = list.children.filter((child) => child.named)
  const fails = statements.slice(0, 4).some((statement) => {
    if (/^(?:throw_statement|raise_statement)$/.test(statement.type)) return true
    const call = isCall(statement) ? statement : statement.children.find((child) => child.named)
    return call !== undefined && isCall(call) && FAILS.test(callName(call))
  })
  if (!fails) return undefined
  const initializer = childOf(node, 'initializer')
  const tokens = [{ text: 'if', literal: false }, ...tokensOf(...(initializer ? [initializer] : []), condition)]
  const said = condition.text
  const strength = /!=(?!\s*nil)|!==|DeepEqual|\bEqual\b|[<>]/.test(said) ? 3 : 1
  return [{ ...checkOf(node, tokens, way), strength: isNeverTrue(condition) ? 0 : strength }]
}

/** Macros inside of a macro's words, which no grammar reads: a name, and what stands in the brackets after it. */
function inTokenTree(node: SyntaxNode, way: Way): readonly Assertion[] | undefined {
  const found: Assertion[] = []
  for (const [at, child] of node.children.entries()) {
    const before = node.children[at - 1]
    const name = before?.type === '!' ? node.children[at - 2] : before
    if (child.type !== 'token_tree') continue
    if (name?.type === 'identifier' && /^(?:assert|eqnice|panic|expect)/.test(name.text))
      found.push(checkOf(name, tokensOf(name, child), way))
    else found.push(...(inTokenTree(child, way) ?? []))
  }
  return found
}

/** `request(app).get('/').expect(200).expect('ok')` makes two checks. */
function chainedChecks(node: SyntaxNode, way: Way): readonly Assertion[] {
  const found: Assertion[] = []
  for (let at: SyntaxNode | undefined = node, links = 0; at !== undefined && links < 60; links++) {
    const callee: SyntaxNode | undefined = childOf(at, 'function') ?? childOf(at, 'object') ?? at.children[0]
    const given = argumentsOf(at)
    if (isCall(at) && given !== undefined && callName(at).endsWith('.expect')) {
      const tokens = [{ text: 'expect', literal: false }, ...tokensOf(given)]
      found.unshift({ ...checkOf(given, tokens, way), strength: 3 })
    }
    at = callee
  }
  return found
}

/** Words of a check; long functions inside are read on their own. */
function tokensOutsideFunctions(node: SyntaxNode): readonly Token[] {
  const long = [...descendants(node)].filter((below) => FUNCTION.test(below.type) && below.end_line - below.line > 2)
  if (long.length === 0) return tokensOf(node)
  const parts: SyntaxNode[] = []
  const open = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (long.includes(next)) continue
    if (
      next.children.length === 0 ||
      !long.some((one) => one.start >= (next?.start ?? 0) && one.end <= (next?.end ?? 0))
    )
      parts.push(next)
    else open.push(...next.children.toReversed())
  }
  return tokensOf(...parts)
}

function inFunctions(node: SyntaxNode, walk: (node: SyntaxNode) => readonly Assertion[]): readonly Assertion[] {
  const found: Assertion[] = []
  const open = [...node.children]
  for (let next = open.pop(); next !== undefined; next = open.pop())
    if (FUNCTION.test(next.type) && next.end_line - next.line > 2) found.push(...walk(next))
    else if (next.type !== 'token_tree') open.push(...next.children)
  return found
}

function wayInto(node: SyntaxNode, child: SyntaxNode, way: Way): Way {
  if (
    /^(?:if_statement|if_expression|elif_clause|if|unless|conditional_expression|ternary_expression|if_modifier|unless_modifier)$/.test(
      node.type,
    )
  ) {
    const condition = childOf(node, 'condition')
    if (condition === undefined || child === condition || !child.named) return way
    const other = child.field === 'alternative' || /^(?:else|elif)/.test(child.type)
    const said = condition.text.replaceAll(/\s+/g, ' ').slice(0, 200)
    const never = !other && isNeverTrue(condition)
    return { ...way, guards: [...way.guards, other ? `not ${said}` : said], dead: way.dead || never }
  }
  if (node.type.startsWith('while_')) {
    const condition = childOf(node, 'condition')
    return condition !== undefined && child !== condition && isNeverTrue(condition) ? { ...way, dead: true } : way
  }
  if (catchesAll(node, child)) return { ...way, swallowed: true }
  return way
}

/** A statement after which its block does not go on. */
const ends = (child: SyntaxNode, parent: SyntaxNode): boolean =>
  /block|body|statement_list|module|program/.test(parent.type) &&
  (/^(?:return_statement|return|throw_statement|break_statement|continue_statement)$/.test(child.type) ||
    (child.type === 'expression_statement' && child.children[0]?.type === 'return_expression'))
