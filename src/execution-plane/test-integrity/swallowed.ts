import { childOf, descendants, type SyntaxNode } from '#syntax'
import { callName, isCall } from './call-name.ts'

const CONSTANT_FALSE =
  /^\(?\s*(?:false|False|0|None|null|nil|undefined|''|""|!true|!1|not True|1 ?={2,3} ?[02]|0 ?={2,3} ?1|1 ?> ?2|False and .*|false && .*|0 && .*|1 ?!=?= ?1|True is False)\s*\)?$/
const KEEPS =
  /\b(?:throw|raise|rethrow|panic!?|reject|done|next|callback|cb|fail\w*|Fail\w*|assert\w*|expect\w*|should|t|verify\w*)\b|[^=!<>]=[^=>]|\binstanceof\b/
const BROAD_PYTHON = /^(?:\s*$|.*\b(?:Exception|BaseException|AssertionError|Failed)\b)/
const BROAD_TYPED = /\b(?:Throwable|Error|AssertionError|AssertionFailedError|Exception|XunitException|StandardError)\b/

/** True for a condition that never holds, whatever the code does. */
export const isNeverTrue = (condition: SyntaxNode): boolean =>
  CONSTANT_FALSE.test(condition.text.slice(0, 200).replaceAll(/\s+/g, ' '))

/** True when what fails in `child` is caught by `node`, which then does nothing about it. */
export function catchesAll(node: SyntaxNode, child: SyntaxNode): boolean {
  if (/^(?:try_statement|try_with_resources_statement|begin|body_statement)$/.test(node.type)) {
    if (/^(?:catch_clause|except_clause|finally_clause|rescue|ensure|else_clause|else)$/.test(child.type)) return false
    return node.children.some(isInertHandler)
  }
  if (node.type === 'with_statement')
    return (
      child.field === 'body' &&
      /\bsuppress\(\s*(?:\w+,\s*)*(?:Assertion|Base|)?(?:Error|Exception)\b/.test(
        node.children.find((part) => part.type === 'with_clause')?.text ?? '',
      )
    )
  if (!isCall(node)) return false
  const name = callName(node)
  if (/(?:^|\.|::)catch_unwind$/.test(name)) return child.field !== 'function'
  return name.endsWith('.catch') && child.field === 'function' && isInertCallback(node)
}

function isInertHandler(handler: SyntaxNode): boolean {
  if (!/^(?:catch_clause|except_clause|rescue)$/.test(handler.type)) return false
  const body = childOf(handler, 'body') ?? handler.children.findLast((child) => child.named)
  const before = handler.text.slice(0, Math.max(0, (body?.start ?? handler.end) - handler.start))
  const broad =
    handler.type === 'except_clause'
      ? BROAD_PYTHON.test(
          before
            .replace(/^except\*?/, '')
            .replace(/\bas\s+\w+/, '')
            .replace(/:\s*$/, ''),
        )
      : handler.type === 'rescue'
        ? !/rescue\s+[A-Z]/.test(before) || BROAD_TYPED.test(before)
        : !/[A-Z]\w*/.test(before) || BROAD_TYPED.test(before)
  return broad && !keeps(body?.text ?? '')
}

function isInertCallback(call: SyntaxNode): boolean {
  const given = childOf(call, 'arguments')?.children.find((child) => child.named)
  return given !== undefined && /function/.test(given.type) && !keeps(given.text.replace(/^.*?(?:=>|\))/, ''))
}

/** True for text of a handler that does something about the failure. */
const keeps = (text: string): boolean =>
  KEEPS.test(
    text
      .slice(0, 2_000)
      .replaceAll(/\/\/.*|#.*|\/\*[\s\S]*?\*\//g, '')
      .replaceAll(/(['"`])(?:\\.|(?!\1).)*\1/g, "''"),
  )

/** Handlers below a node that end every failure of what they guard, and `recover` in Go. */
export function swallowsIn(body: SyntaxNode, inner: (node: SyntaxNode) => boolean): readonly SyntaxNode[] {
  const found: SyntaxNode[] = []
  for (const node of descendants(body, (below) => below === body || inner(below))) {
    if (node.children.some((child) => catchesAll(node, child))) found.push(node)
    if (isCall(node) && callName(node) === 'recover' && !/:=|[^=!]=[^=]/.test(node.parent?.text.slice(0, 200) ?? ''))
      found.push(node)
  }
  return found
}
