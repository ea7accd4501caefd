import { ok, refuse, type Result } from '#domain/result'
import { parse, TomlError, type TomlTableWithoutBigInt, type TomlValueWithoutBigInt } from 'smol-toml'
import type { Unreadable } from '../lock-entry.ts'

/** A table with the line it begins on. */
export interface TomlTable {
  readonly line: number
  readonly fields: TomlTableWithoutBigInt
  /** True for the whole text, whose lists of tables have headers. */
  readonly is_root: boolean
  /** All lines of the text, which tell where the tables inside this one stand. */
  readonly lines: readonly string[]
}

/** Deeper than any lockfile; what lies deeper is refused. */
const MOST_DEPTH = 20

/** Reads TOML. */
export function parseToml(text: string): Result<TomlTable, Unreadable> {
  try {
    return ok({ line: 1, fields: parse(text, { maxDepth: MOST_DEPTH }), is_root: true, lines: text.split('\n') })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    return refuse({ line: error.line, message: `it is no TOML: ${error.message.split('\n')[0] ?? ''}` })
  }
}

/** The tables of a list; none for anything else. */
export function tablesOf(table: TomlTable, name: string): readonly TomlTable[] {
  const value = table.fields[name]
  const found = isFields(value) ? [value] : Array.isArray(value) ? value.filter(isFields) : []
  const headers = headersOf(table, name)
  return found.map((fields, index) => ({
    fields,
    line: headers[index] ?? lineOf(fields, table),
    is_root: false,
    lines: table.lines,
  }))
}

/** A text field; empty where there is none. */
export const stringOf = (table: TomlTable | undefined, name: string): string => {
  const value = table?.fields[name]
  return typeof value === 'string' ? value : ''
}

/** Lines of `[[name]]`, in order: a list's tables stand in the text as they stand in the list. */
function headersOf({ is_root, lines }: TomlTable, name: string): readonly number[] {
  if (!is_root) return []
  const header = `[[${name}]]`
  return lines.flatMap((text, index) => (text.trimEnd() === header ? [index + 1] : []))
}

/** Where a table without a header of its own stands: the line that says one of its texts. */
function lineOf(fields: TomlTableWithoutBigInt, { line, lines }: TomlTable): number {
  const texts = Object.values(fields).filter((value) => typeof value === 'string')
  const longest = texts.toSorted((one, other) => other.length - one.length)[0]
  if (longest === undefined || longest === '') return line
  for (let at = line - 1; at < lines.length; at++) if (lines[at]?.includes(longest) === true) return at + 1
  return line
}

const isFields = (value: TomlValueWithoutBigInt | undefined): value is TomlTableWithoutBigInt =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date)
