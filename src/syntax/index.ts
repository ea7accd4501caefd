/**
 * Reads sources as syntax trees: which language a path is in, and the tree of a text as plain values. Owns the parsers
 * and their WebAssembly memory: nothing outside holds a tree, so nothing can leak one. Knows no noun of the domain.
 */
export { languageOf, SYNTAX_LANGUAGES, type SyntaxLanguage } from './language.ts'
export { descendants, childOf, childrenOf, type SyntaxNode } from './syntax-node.ts'
export { MAX_SOURCE_CHARACTERS, withTree } from './with-tree.ts'
export { outlineOf, type Outline, type OutlineSymbol, type SymbolKind } from './outline.ts'
