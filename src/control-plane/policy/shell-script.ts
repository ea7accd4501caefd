/** One command of a shell script, as far as it can be read without running it. */
export interface ShellCommand {
  /** Words with quotes removed; what only a shell can expand stays as it is written. */
  readonly words: readonly string[]
  /** Variables set for this command, `NAME=value`. */
  readonly assignments: readonly string[]
  /** Scripts inside it: `$(…)`, backquotes, `<(…)`, `(…)`. */
  readonly nested: readonly string[]
  /** Text of its here-documents and here-strings: a script where the command is a shell. */
  readonly input: readonly string[]
}

/** Commands that a pipe joins, first to last. */
export type Pipeline = readonly ShellCommand[]

const RESERVED = new Set([
  'if',
  'then',
  'elif',
  'else',
  'fi',
  'while',
  'until',
  'do',
  'done',
  '!',
  '{',
  '}',
  'time',
  'coproc',
])
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/

interface Draft {
  words: string[]
  nested: string[]
  input: string[]
}

/**
 * Reads a POSIX shell script (with the common bash forms) into pipelines. Undefined where quotes or brackets don't
 * balance. It over-reads rather than under-reads; what a variable holds at run time it can't know, which is why the
 * sandbox and not this reader is what contains a command.
 */
export function readScript(script: string): readonly Pipeline[] | undefined {
  const reader = new ScriptReader(script)
  return reader.read()
}

class ScriptReader {
  readonly #text: string
  #at = 0
  #word: string | undefined
  #command: Draft = { words: [], nested: [], input: [] }
  #pipeline: ShellCommand[] = []
  readonly #pipelines: Pipeline[] = []
  #heredocs: { readonly command: Draft; readonly end: string; readonly indented: boolean }[] = []

  constructor(text: string) {
    this.#text = text
  }

  read(): readonly Pipeline[] | undefined {
    while (this.#at < this.#text.length) if (!this.#step()) return undefined
    this.#endPipeline()
    return this.#pipelines
  }

  #step(): boolean {
    const char = this.#text.charAt(this.#at)
    const next = this.#text.charAt(this.#at + 1)
    if (char === "'") return this.#quoted()
    if (char === '"') return this.#doubleQuoted()
    if (char === '\\') return this.#escaped()
    if (char === '`') return this.#backquoted()
    if ((char === '$' || char === '<' || char === '>') && next === '(') return this.#substitution()
    if (char === '#' && this.#word === undefined) return this.#comment()
    if (char === '<' && next === '<') return this.#hereInput()
    if (char === '\n') return this.#newline()
    if (char === ' ' || char === '\t' || char === '\r') return this.#endWord(1)
    if (char === '<' || char === '>') return this.#redirection()
    if (char === '(') return this.#group()
    if (';&|)'.includes(char)) return this.#operator(char, next)
    return this.#add(char, 1)
  }

  #add(text: string, advance: number): true {
    this.#word = (this.#word ?? '') + text
    this.#at += advance
    return true
  }

  #endWord(advance: number): true {
    if (this.#word !== undefined) this.#command.words.push(this.#word)
    this.#word = undefined
    this.#at += advance
    return true
  }

  #endCommand(): void {
    this.#endWord(0)
    const { words, nested, input } = this.#command
    while (RESERVED.has(words[0] ?? '')) words.shift()
    const first = words.findIndex((word) => !ASSIGNMENT.test(word))
    const cut = first === -1 ? words.length : first
    if (words.length > 0 || nested.length > 0)
      this.#pipeline.push({ assignments: words.slice(0, cut), words: words.slice(cut), nested, input })
    this.#command = { words: [], nested: [], input: [] }
  }

  #endPipeline(): void {
    this.#endCommand()
    if (this.#pipeline.length > 0) this.#pipelines.push(this.#pipeline)
    this.#pipeline = []
  }

  #quoted(): boolean {
    const end = this.#text.indexOf("'", this.#at + 1)
    return end !== -1 && this.#add(this.#text.slice(this.#at + 1, end), end + 1 - this.#at)
  }

  #doubleQuoted(): boolean {
    this.#add('', 1)
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at)
      if (char === '"') return this.#add('', 1)
      if (char === '\\') this.#escaped()
      else if (char === '`') {
        if (!this.#backquoted()) return false
      } else if (char === '$' && this.#text.charAt(this.#at + 1) === '(') {
        if (!this.#substitution()) return false
      } else this.#add(char, 1)
    }
    return false
  }

  #escaped(): true {
    const next = this.#text.charAt(this.#at + 1)
    return this.#add(next === '\n' ? '' : next, 2)
  }

  #backquoted(): boolean {
    const end = this.#text.indexOf('`', this.#at + 1)
    if (end === -1) return false
    this.#command.nested.push(this.#text.slice(this.#at + 1, end))
    return this.#add('`…`', end + 1 - this.#at)
  }

  /** `$(…)`, `<(…)`, `>(…)`: kept as a script of its own. `$((…))` is arithmetic and harmless to read the same way. */
  #substitution(): boolean {
    const end = closing(this.#text, this.#at + 1)
    if (end === -1) return false
    this.#command.nested.push(this.#text.slice(this.#at + 2, end))
    return this.#add('$(…)', end + 1 - this.#at)
  }

  #group(): boolean {
    const end = closing(this.#text, this.#at)
    if (end === -1) return false
    this.#command.nested.push(this.#text.slice(this.#at + 1, end))
    return this.#endWord(end + 1 - this.#at)
  }

  #comment(): true {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end === -1 ? this.#text.length : end
    return true
  }

  #operator(char: string, next: string): true {
    if (char === '|' && next !== '|') {
      this.#endCommand()
      this.#at += next === '&' ? 2 : 1
      return true
    }
    if (char === '&' && next === '>') return this.#redirection()
    this.#endPipeline()
    this.#at += char === next ? 2 : 1
    return true
  }

  /** A redirection's target is read as a word; its digits and its operator are dropped. */
  #redirection(): true {
    if (this.#word !== undefined && /^\d+$/.test(this.#word)) this.#word = undefined
    this.#endWord(0)
    while ('<>&|'.includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at++
    return true
  }

  #hereInput(): boolean {
    this.#endWord(0)
    const here = /^<<(<|-)?[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|([^\s;&|<>()]+))/.exec(
      this.#text.slice(this.#at, this.#at + 4096),
    )
    if (here === null) return false
    this.#at += here[0].length
    const text = here[2] ?? here[3] ?? here[4] ?? ''
    if (here[1] === '<') this.#command.input.push(text)
    else this.#heredocs.push({ command: this.#command, end: text.replaceAll('\\', ''), indented: here[1] === '-' })
    return true
  }

  #newline(): true {
    this.#at++
    for (const { command, end, indented } of this.#heredocs.splice(0)) {
      const body: string[] = []
      while (this.#at < this.#text.length) {
        const stop = this.#text.indexOf('\n', this.#at)
        const line = this.#text.slice(this.#at, stop === -1 ? undefined : stop)
        this.#at = stop === -1 ? this.#text.length : stop + 1
        if ((indented ? line.replace(/^\t+/, '') : line) === end) break
        body.push(line)
      }
      command.input.push(body.join('\n'))
    }
    this.#endPipeline()
    return true
  }
}

/** Position of the bracket that closes the one at `open`, or -1; quotes inside are respected. */
function closing(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\\') at++
    else if (char === "'") {
      const end = text.indexOf("'", at + 1)
      if (end === -1) return -1
      at = end
    } else if (char === '(') depth++
    else if (char === ')' && --depth === 0) return at
  }
  return -1
}
