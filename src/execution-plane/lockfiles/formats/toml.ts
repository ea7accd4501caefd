import { ok, refuse, type Result } from '#domain/result'
import type { Unreadable } from '../lock-entry.ts'

export type TomlValue = string | TomlValue[] | TomlTable

/** A table with the line it begins on; numbers, truth values and times are kept as the text they were. */
export interface TomlTable {
  readonly line: number
  readonly fields: Map<string, TomlValue>
}

/** Reads the part of TOML that lockfiles are written in. What is not understood is refused, never passed over. */
export function parseToml(text: string): Result<TomlTable, Unreadable> {
  const reader = new TomlReader(text.replaceAll('\r\n', '\n'))
  try {
    return ok(reader.document())
  } catch (error) {
    if (error instanceof NotToml) return refuse({ line: error.line, message: `it is no TOML: ${error.message}` })
    throw error
  }
}

class NotToml extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

const KEY = /[A-Za-z0-9_-]+/y
const BARE = /[A-Za-z0-9_+:.-]+/y
const BASIC = /"((?:[^"\\\n]|\\.)*)"/y
const LITERAL = /'([^'\n]*)'/y
const LONG = /"""([\s\S]*?)"""|'''([\s\S]*?)'''/y
const BLANK = /(?:[ \t\n]|#[^\n]*)+/y
const MOST_DEPTH = 12

class TomlReader {
  readonly #text: string
  #at = 0
  #line = 1
  #counted = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): TomlTable {
    const root: TomlTable = { line: 1, fields: new Map() }
    let table = root
    for (this.#take(BLANK); this.#at < this.#text.length; this.#take(BLANK)) {
      if (this.#is('[')) table = this.#header(root)
      else this.#assignment(table, 0)
    }
    return root
  }

  #header(root: TomlTable): TomlTable {
    const line = this.#now()
    const many = this.#text.startsWith('[[', this.#at)
    this.#at += many ? 2 : 1
    const path = this.#path()
    this.#expect(many ? ']]' : ']')
    const last = path.pop() ?? ''
    const parent = path.reduce<TomlTable>((table, name) => this.#below(table, name), root)
    const fresh: TomlTable = { line, fields: new Map() }
    const before = parent.fields.get(last)
    if (many) {
      if (before === undefined) parent.fields.set(last, [fresh])
      else if (isList(before)) before.push(fresh)
      else throw this.#wrong(`${last} is said twice`)
      return fresh
    }
    if (before !== undefined && (!isTable(before) || before.fields.size > 0)) throw this.#wrong(`${last} is said twice`)
    parent.fields.set(last, fresh)
    return fresh
  }

  /** A named table; of a list of tables the last one. */
  #below(table: TomlTable, name: string): TomlTable {
    const found = table.fields.get(name)
    const last = isList(found) ? found.at(-1) : found
    if (last === undefined) {
      const fresh: TomlTable = { line: this.#now(), fields: new Map() }
      table.fields.set(name, fresh)
      return fresh
    }
    if (!isTable(last)) throw this.#wrong(`${name} is no table`)
    return last
  }

  #assignment(table: TomlTable, depth: number): void {
    const path = this.#path()
    const last = path.pop() ?? ''
    this.#expect('=')
    const inner = path.reduce<TomlTable>((at, name) => this.#below(at, name), table)
    if (inner.fields.has(last)) throw this.#wrong(`${last} is said twice`)
    inner.fields.set(last, this.#value(depth))
  }

  #path(): string[] {
    const names: string[] = []
    for (;;) {
      this.#take(/[ \t]*/y)
      const name = this.#basic() ?? this.#take(LITERAL) ?? this.#take(KEY)
      if (name === undefined) throw this.#wrong('a name is missing')
      names.push(name)
      this.#take(/[ \t]*/y)
      if (!this.#is('.')) return names
      this.#at++
    }
  }

  #value(depth: number): TomlValue {
    if (depth > MOST_DEPTH) throw this.#wrong('it is nested too deeply')
    this.#take(/[ \t]*/y)
    if (this.#is('[')) return this.#list(depth)
    if (this.#is('{')) return this.#inline(depth)
    const text = this.#take(LONG) ?? this.#basic() ?? this.#take(LITERAL) ?? this.#take(BARE)
    if (text === undefined) throw this.#wrong('a value is missing')
    return text
  }

  #list(depth: number): TomlValue[] {
    const values: TomlValue[] = []
    this.#at++
    for (;;) {
      this.#take(BLANK)
      if (this.#is(']')) break
      values.push(this.#value(depth + 1))
      this.#take(BLANK)
      if (!this.#is(',')) break
      this.#at++
    }
    this.#expect(']')
    return values
  }

  #inline(depth: number): TomlTable {
    const table: TomlTable = { line: this.#now(), fields: new Map() }
    this.#at++
    for (;;) {
      this.#take(BLANK)
      if (this.#is('}')) break
      this.#assignment(table, depth + 1)
      this.#take(BLANK)
      if (!this.#is(',')) break
      this.#at++
    }
    this.#expect('}')
    return table
  }

  /** A quoted text with its escapes undone, so that none hides what a field says. */
  #basic(): string | undefined {
    const text = this.#take(BASIC)
    if (text === undefined || !text.includes('\\')) return text
    try {
      return String(JSON.parse(`"${text.replaceAll('\t', '\\t')}"`))
    } catch {
      throw this.#wrong('an escape is not known')
    }
  }

  #is(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }

  #expect(text: string): void {
    this.#take(/[ \t]*/y)
    if (!this.#is(text)) throw this.#wrong(`${text} is missing`)
    this.#at += text.length
  }

  /** The first group that took part, or the whole match. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.#at = pattern.lastIndex
    return found.slice(1).find((group) => group !== undefined) ?? found[0]
  }

  #now(): number {
    for (; this.#counted < this.#at; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line++
    return this.#line
  }

  #wrong(message: string): NotToml {
    return new NotToml(this.#now(), message)
  }
}

const isList = (value: TomlValue | undefined): value is TomlValue[] => Array.isArray(value)

/** True for a table. */
export const isTable = (value: TomlValue | undefined): value is TomlTable => typeof value === 'object' && !isList(value)

/** The tables of a list; none for anything else. */
export const tablesOf = (table: TomlTable, name: string): readonly TomlTable[] => {
  const value = table.fields.get(name)
  if (isTable(value)) return [value]
  return isList(value) ? value.filter((item) => isTable(item)) : []
}

/** A text field; empty where there is none. */
export const stringOf = (table: TomlTable | undefined, name: string): string => {
  const value = table?.fields.get(name)
  return typeof value === 'string' ? value : ''
}
