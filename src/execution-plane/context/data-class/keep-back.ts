import type { ContextDataClass } from '#domain/context'
import { ROW_RULES } from './class-rules.ts'
import { classify, keptBack } from './classify.ts'

/** Why a file reaches no model; undefined where it may. */
export function keptBackFile(
  path: string,
  text: string,
): { readonly data_class: ContextDataClass; readonly why: string } | undefined {
  const { data_class, why } = classify(path, text)
  return keptBack(data_class) === undefined ? undefined : { data_class, why: why ?? data_class }
}

/** Longer lines are data or minified code, whose rows cannot be told apart. */
const LONGEST_LINE = 4_000

/**
 * An answer of a tool without rows about people: where a rule finds as many of them as make a file regulated, each is
 * replaced by a mark, and the rest of the answer stays. Fewer rows than that are an author, an example or a contact.
 */
export function withoutRows(text: string): string {
  const lines = text.split('\n')
  const marks = new Map<number, string>()
  for (const { id, isRow, at_least } of ROW_RULES) {
    const rows = lines.flatMap((line, at) => (line.length < LONGEST_LINE && isRow(line) ? [at] : []))
    if (rows.length >= at_least) for (const at of rows) marks.set(at, id)
  }
  if (marks.size === 0) return text
  const shown = lines.map((line, at) => (marks.has(at) ? `[kept back: ${marks.get(at)}]` : line))
  return `${shown.join('\n')}\n[platform] ${marks.size} lines of data about people were kept back; no tool shows them.`
}
