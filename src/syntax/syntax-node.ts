/**
 * One node of a syntax tree as a plain value: it lives on after the parser's memory is given back. Offsets count UTF-16
 * units of the source, lines from 1. Types and fields are those of the language's grammar.
 */
export interface SyntaxNode {
  readonly type: string
  /** False for punctuation and keywords, whose type is their text. */
  readonly named: boolean
  /** The field of the parent that this node fills, such as `name` or `body`. */
  readonly field: string | undefined
  readonly start: number
  readonly end: number
  readonly line: number
  readonly end_line: number
  readonly parent: SyntaxNode | undefined
  readonly children: readonly SyntaxNode[]
  /** What the node stands on, cut from the source. */
  readonly text: string
  /** True for an `ERROR` node and for one that the parser put in because the source lacks it. */
  readonly broken: boolean
}

/** The child that fills a field. */
export const childOf = (node: SyntaxNode, field: string): SyntaxNode | undefined =>
  node.children.find((child) => child.field === field)

/** Named children, in order; comments are among them. */
export const childrenOf = (node: SyntaxNode): readonly SyntaxNode[] => node.children.filter((child) => child.named)

/**
 * The node itself and everything below it, parents first. `enter` says whether to go below a node; without it all of
 * them are entered.
 */
export function* descendants(
  node: SyntaxNode,
  enter: (node: SyntaxNode) => boolean = () => true,
): Generator<SyntaxNode, void> {
  const open = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next
    if (!enter(next)) continue
    for (let at = next.children.length - 1; at >= 0; at--) {
      const child = next.children[at]
      if (child !== undefined) open.push(child)
    }
  }
}
