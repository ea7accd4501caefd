import type { SgNode } from '@ast-grep/napi'
import picomatch from 'picomatch'
import { ok, refuse, type Result } from '#domain/result'
import { REWRITE_LANGUAGES, type RewriteRule } from './rewrite-rule.ts'

/** What a file becomes under the rules. */
interface Rewritten {
  readonly content: string
  readonly matches: number
}

/** Applies rules to one file's text; undefined where nothing matches. */
export type Rewriter = (path: string, content: string) => Rewritten | undefined

/** Loads the engine and compiles the rules; a refusal says which rule it does not understand, in the engine's words. */
export async function createRewriter(rules: readonly RewriteRule[]): Promise<Result<Rewriter, string>> {
  const { parse } = await import('@ast-grep/napi')
  const matchesOf = (rule: RewriteRule, content: string): readonly SgNode[] =>
    // The engine checks the shape and throws with the name of what it does not know.
    parse(rule.language, content).root().findAll(rule.matcher)
  for (const rule of rules) {
    try {
      matchesOf(rule, '')
    } catch (error) {
      return refuse(
        `Rule ${rule.id}: ${error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, ' ') : 'unreadable'}`,
      )
    }
  }
  const placed = rules.map((rule) => ({ rule, applies: applier(rule) }))
  return ok((path, content) => {
    let matches = 0
    let text = content
    for (const { rule, applies } of placed) {
      if (!applies(path)) continue
      const nodes = outermost(matchesOf(rule, text))
      matches += nodes.length
      text = replaceAll(text, nodes, rule.fix)
    }
    return matches === 0 ? undefined : { content: text, matches }
  })
}

function applier(rule: RewriteRule): (path: string) => boolean {
  const language = REWRITE_LANGUAGES[rule.language]
  const wanted = rule.files.length === 0 ? () => true : picomatch([...rule.files], { dot: true })
  const ignored = rule.ignores.length === 0 ? () => false : picomatch([...rule.ignores], { dot: true })
  return (path) => language.test(path) && wanted(path) && !ignored(path)
}

/** A match inside another one would be replaced twice; the outer one wins, and a second run finds the inner one. */
function outermost(nodes: readonly SgNode[]): readonly SgNode[] {
  const sorted = [...nodes].sort((left, right) => startOf(left) - startOf(right) || endOf(right) - endOf(left))
  let reached = -1
  return sorted.filter((node) => {
    if (startOf(node) < reached) return false
    reached = endOf(node)
    return true
  })
}

function replaceAll(text: string, nodes: readonly SgNode[], fix: string): string {
  let out = ''
  let from = 0
  for (const node of nodes) {
    out += text.slice(from, startOf(node)) + expand(fix, node, text)
    from = endOf(node)
  }
  return out + text.slice(from)
}

/** Puts captured nodes into the template; its further lines get the indentation of the line the match starts in. */
function expand(fix: string, node: SgNode, text: string): string {
  const lineStart = text.lastIndexOf('\n', startOf(node) - 1) + 1
  const indent = /^[ \t]*/.exec(text.slice(lineStart, startOf(node)))?.[0] ?? ''
  const template = fix.replace(/\n$/, '').replaceAll('\n', `\n${indent}`)
  return template.replaceAll(
    /\$\$\$([A-Z_][A-Z0-9_]*)|\$([A-Z_][A-Z0-9_]*)/g,
    (_whole, many?: string, one?: string) => {
      if (many !== undefined) return sliceOf(node.getMultipleMatches(many), text)
      const name = one ?? ''
      return node.getTransformed(name) ?? node.getMatch(name)?.text() ?? ''
    },
  )
}

function sliceOf(nodes: readonly SgNode[], text: string): string {
  const [first] = nodes
  const last = nodes.at(-1)
  return first === undefined || last === undefined ? '' : text.slice(startOf(first), endOf(last))
}

const startOf = (node: SgNode): number => node.range().start.index
const endOf = (node: SgNode): number => node.range().end.index
