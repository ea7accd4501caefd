import { childOf, type SyntaxNode } from '#syntax'

const CALL =
  /^(?:call|call_expression|invocation_expression|method_invocation|function_call_expression|member_call_expression|scoped_call_expression|nullsafe_member_call_expression|macro_invocation)$/
const OWNER = ['object', 'operand', 'value', 'expression', 'argument', 'receiver', 'path', 'scope'] as const
const MEMBER = ['property', 'attribute', 'field', 'name', 'method'] as const
const MAX_LINKS = 60

/** True for a call of a function, a method or a macro. */
export const isCall = (node: SyntaxNode): boolean => CALL.test(node.type)

/** The arguments of a call. */
export const argumentsOf = (node: SyntaxNode): SyntaxNode | undefined =>
  childOf(node, 'arguments') ?? node.children.find((child) => child.type === 'token_tree')

/**
 * The names along a chain of calls and members, without what is handed over: `expect(a.b()).not.toBe(3)` is
 * `expect.not.toBe`. A part that has no name is empty.
 */
export function callName(node: SyntaxNode): string {
  const known = NAMES.get(node)
  if (known !== undefined) return known
  const name = namesAlong(node)
  NAMES.set(node, name)
  return name
}

/** Every reader of a file asks for the same calls, some of them ten times. */
const NAMES = new WeakMap<SyntaxNode, string>()

function namesAlong(node: SyntaxNode): string {
  const names: string[] = []
  let next: SyntaxNode | undefined = node
  for (let links = 0; next !== undefined && links < MAX_LINKS; links++) {
    const at: SyntaxNode = next
    if (at.children.length === 0 || at.type === 'variable_name' || at.type === 'relative_scope') {
      names.unshift(at.text.replace(/^[$@]/, ''))
      break
    }
    const called: SyntaxNode | undefined = isCall(at) ? (childOf(at, 'function') ?? childOf(at, 'macro')) : undefined
    if (called !== undefined) {
      next = called
      continue
    }
    if (
      /^(?:await_expression|parenthesized_expression|non_null_expression|generic_function|try_expression)$/.test(
        at.type,
      )
    ) {
      next = at.children.find((child) => child.named)
      continue
    }
    const member = MEMBER.map((field) => childOf(at, field)).find((child) => child !== undefined)
    if (member === undefined) {
      names.unshift('')
      break
    }
    names.unshift(member.text.length < 80 ? member.text : '')
    next = OWNER.map((field) => childOf(at, field)).find((child) => child !== undefined && child !== member)
  }
  return names.join('.')
}
