/**
 * Git's wildmatch over bytes (latin1), as `.gitignore` uses it: `*` and `?` stop at a slash, `**` between slashes does
 * not. Patterns come from untrusted repositories, so they are simulated state by state: the cost is at most the product
 * of both lengths, where git's own recursion and every regular expression can be driven to exponential time.
 */
export type Matcher = (text: string) => boolean

type Token =
  | { readonly kind: 'one'; readonly accepts: (char: string) => boolean }
  /** Any run of characters; `slash` tells whether it crosses directories. */
  | { readonly kind: 'run'; readonly slash: boolean }
  /** Reads nothing: the run and the slash after it may be absent. */
  | { readonly kind: 'optional' }

/** Compiles a pattern; undefined when it is malformed and matches nothing. */
export function wildmatch(pattern: string): Matcher | undefined {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length; ) {
    const char = pattern.charAt(at)
    if (char === '*') {
      at = addRun(tokens, pattern, at)
    } else if (char === '[') {
      const set = readSet(pattern, at)
      if (set === undefined) return undefined
      tokens.push({ kind: 'one', accepts: set.accepts })
      at = set.end
    } else if (char === '\\') {
      if (at + 1 >= pattern.length) return undefined
      tokens.push(exactly(pattern.charAt(at + 1)))
      at += 2
    } else {
      tokens.push(char === '?' ? { kind: 'one', accepts: (text) => text !== '/' } : exactly(char))
      at += 1
    }
  }
  return (text) => simulate(tokens, text)
}

const exactly = (char: string): Token => ({ kind: 'one', accepts: (text) => text === char })

function addRun(tokens: Token[], pattern: string, start: number): number {
  let end = start
  while (pattern.charAt(end) === '*') end += 1
  const opens = start === 0 || pattern.charAt(start - 1) === '/'
  const rest = pattern.slice(end, end + 2)
  const closes = rest === '' || rest.startsWith('/') || rest === '\\/'
  const slash = end - start > 1 && opens && closes
  if (slash && rest.startsWith('/')) tokens.push({ kind: 'optional' })
  tokens.push({ kind: 'run', slash })
  return end
}

function simulate(tokens: readonly Token[], text: string): boolean {
  let current = new Uint8Array(tokens.length + 1)
  enter(tokens, current, 0)
  for (const char of text) {
    const next = new Uint8Array(tokens.length + 1)
    let alive = false
    for (let state = 0; state < tokens.length; state++) {
      const token = tokens[state]
      if (current[state] === 0 || token === undefined || token.kind === 'optional') continue
      if (token.kind === 'one' ? !token.accepts(char) : char === '/' && !token.slash) continue
      enter(tokens, next, token.kind === 'one' ? state + 1 : state)
      alive = true
    }
    if (!alive) return false
    current = next
  }
  return current[tokens.length] === 1
}

/** Marks a state and all it reaches without reading a character. */
function enter(tokens: readonly Token[], states: Uint8Array, from: number): void {
  const pending = [from]
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    if (states[state] === 1) continue
    states[state] = 1
    const token = tokens[state]
    if (token?.kind === 'run' || token?.kind === 'optional') pending.push(state + 1)
    if (token?.kind === 'optional') pending.push(state + 3)
  }
}

const POSIX: { readonly [name: string]: RegExp } = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /(?![\x80-\x9f])\p{Cc}/u,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
}

interface CharacterSet {
  readonly accepts: (char: string) => boolean
  readonly end: number
}

type Member = (char: string) => boolean

/** Reads `[…]`; undefined when it has no end. A `]` that comes first is a member. */
function readSet(pattern: string, start: number): CharacterSet | undefined {
  let at = start + 1
  const negated = pattern.charAt(at) === '!' || pattern.charAt(at) === '^'
  if (negated) at += 1
  const members: Member[] = []
  let previous = ''
  for (let first = true; first || pattern.charAt(at) !== ']'; first = false) {
    const item = readMember(pattern, at, previous)
    if (item === undefined) return undefined
    members.push(item.member)
    previous = item.previous
    at = item.end
  }
  return {
    accepts: (char) => char !== '/' && members.some((member) => member(char)) !== negated,
    end: at + 1,
  }
}

interface SetItem {
  readonly member: Member
  /** What a following `-` would start from; empty after a range or class. */
  readonly previous: string
  readonly end: number
}

function readMember(pattern: string, at: number, previous: string): SetItem | undefined {
  const char = pattern.charAt(at)
  const next = pattern.charAt(at + 1)
  if (char === '') return undefined
  if (char === '\\') return next === '' ? undefined : { member: (text) => text === next, previous: next, end: at + 2 }
  if (char === '-' && previous !== '' && next !== '' && next !== ']') return readRange(pattern, at + 1, previous)
  if (char === '[' && next === ':') return readClass(pattern, at)
  return { member: (text) => text === char, previous: char, end: at + 1 }
}

function readRange(pattern: string, at: number, low: string): SetItem | undefined {
  const escaped = pattern.charAt(at) === '\\'
  const high = pattern.charAt(escaped ? at + 1 : at)
  if (high === '') return undefined
  return { member: (text) => text >= low && text <= high, previous: '', end: at + (escaped ? 2 : 1) }
}

function readClass(pattern: string, at: number): SetItem | undefined {
  const close = pattern.indexOf(']', at + 2)
  if (close < 0) return undefined
  if (close < at + 3 || pattern.charAt(close - 1) !== ':')
    return { member: (text) => text === '[', previous: '[', end: at + 1 }
  const named = POSIX[pattern.slice(at + 2, close - 1)]
  return named === undefined ? undefined : { member: (text) => named.test(text), previous: '', end: close + 1 }
}
