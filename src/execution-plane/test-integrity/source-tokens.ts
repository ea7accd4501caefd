import { descendants, type SyntaxNode } from '#syntax'

/** One word of a source: comments and white space are none, a string with its quotes is one. */
export interface Token {
  readonly text: string
  readonly literal: boolean
}

const WHOLE =
  /^(?:string|string_literal|template_string|interpreted_string_literal|raw_string_literal|char_literal|character_literal|rune_literal|encapsed_string|heredoc|verbatim_string_literal|regex|text_block|raw_string)$/
const LITERAL =
  /^(?:number|integer|float|(?:\w+_)?(?:integer|float|floating_point|number|int|imaginary|boolean|real|null|nil|bool)_literal|true|false|none|null|nil|undefined|True|False|None|simple_symbol|boolean)$/
const COMMENT = /comment/

/** True for a comment of any language. */
export const isComment = (node: SyntaxNode): boolean => COMMENT.test(node.type)

/** The words below some nodes, in order. */
export function tokensOf(...nodes: readonly SyntaxNode[]): readonly Token[] {
  const found: Token[] = []
  const inner = (node: SyntaxNode) => !WHOLE.test(node.type) && !isComment(node)
  for (const top of nodes)
    for (const node of descendants(top, inner)) {
      if (isComment(node)) continue
      const whole = WHOLE.test(node.type)
      if (!whole && node.children.length > 0) continue
      const text = whole ? node.text : node.text.trim()
      if (text === '' || text === ';' || text === ',') continue
      const said = whole ? requoted(text) : text
      const last = found.at(-1)
      if (whole && last?.literal === true && last.text.endsWith('"') && node.parent?.type === 'concatenated_string')
        found.splice(-1, 1, { text: `${last.text.slice(0, -1)}${said.slice(1)}`, literal: true })
      else found.push({ text: said, literal: whole || LITERAL.test(node.type) })
    }
  return found
}

/** One spelling for what languages let one quote in two ways. */
const requoted = (spelled: string): string => {
  const text = /^[uU](?=['"])/.test(spelled) ? spelled.slice(1) : spelled
  return text.length > 1 && text.startsWith("'") && text.endsWith("'") && !text.includes('"')
    ? `"${text.slice(1, -1)}"`
    : text
}

/** How often each word stands there. */
export function counted(tokens: readonly Token[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { text } of tokens) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** How alike two bags of words are: 1 for the same, 0 for nothing in common (Dice). */
export function likeness(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const size = (bag: ReadonlyMap<string, number>) => [...bag.values()].reduce((sum, count) => sum + count, 0)
  const total = size(a) + size(b)
  return total === 0 ? 1 : (2 * shared(a, b)) / total
}

/** The share of the first bag that is in the second too. */
export function containment(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const size = [...a.values()].reduce((sum, count) => sum + count, 0)
  return size === 0 ? 1 : shared(a, b) / size
}

function shared(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let both = 0
  for (const [text, count] of a) both += Math.min(count, b.get(text) ?? 0)
  return both
}
