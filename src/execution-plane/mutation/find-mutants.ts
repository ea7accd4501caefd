import { descendants, languageOf, withTree, type SyntaxNode } from '#syntax'
import type { Mutant } from './mutant.ts'
import { isLogging, OPERATORS, type MutatedLanguage } from './operators.ts'

/** Languages whose sources can be mutated. */
export const MUTATED_LANGUAGES = [
  'javascript',
  'typescript',
  'tsx',
  'python',
  'java',
  'go',
  'rust',
] as const satisfies readonly MutatedLanguage[]

/** More of one file are not looked at. */
const MOST_OF_ONE_FILE = 5_000
const SHOWN = 160
/** Nodes below which nothing is behaviour: types, imports, comments, decorators, tests that live beside Rust's code. */
const SILENT =
  /^(?:comment|line_comment|block_comment|import\w*|export_specifier|type_\w+|interface_declaration|decorator|annotation|marker_annotation|attribute_item|package_\w+|use_declaration)$/

/**
 * Every mutant of a source, in the order of its text. Empty for a language without operators, a text without a tree and
 * one that is broken: what does not parse proves nothing when a test fails.
 */
export async function findMutants(path: string, source: string): Promise<readonly Mutant[]> {
  const language = MUTATED_LANGUAGES.find((one) => one === languageOf(path))
  if (language === undefined) return []
  const found = await withTree(language, source, (root) => inTree(path, root, language))
  return found.ok ? found.value : []
}

function inTree(path: string, root: SyntaxNode, language: MutatedLanguage): readonly Mutant[] {
  const found: Mutant[] = []
  for (const node of descendants(root, (one) => !isSilent(one))) {
    if (node.broken) return []
    if (isSilent(node) || found.length >= MOST_OF_ONE_FILE) continue
    for (const operator of OPERATORS) {
      const made = operator(node, language)
      if (made === undefined) continue
      const before = root.text.slice(made.start - root.start, made.end - root.start)
      if (before !== made.after)
        found.push({ ...made, path, line: lineOf(node, made.start), before, after: made.after })
    }
  }
  return found
}

/** The line of an offset inside a node. */
const lineOf = (node: SyntaxNode, at: number): number =>
  node.line + (node.text.slice(0, at - node.start).match(/\n/g)?.length ?? 0)

const isSilent = (node: SyntaxNode): boolean => SILENT.test(node.type) || isLogging(node) || isTestModule(node)

function isTestModule(node: SyntaxNode): boolean {
  if (node.type !== 'mod_item' && node.type !== 'function_item') return false
  const siblings = node.parent?.children ?? []
  const at = siblings.indexOf(node)
  const above = siblings.slice(Math.max(0, at - 3), at)
  return above.some((one) => one.type === 'attribute_item' && /\btest\b/.test(one.text))
}

/** A mutant's text as people read it, on one line. */
export const shownText = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line
}
