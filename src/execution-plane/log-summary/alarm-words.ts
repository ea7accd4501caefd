/** Words that lines of a failure tend to have; only these are looked for where a log is too long to keep. */
const WORDS = [
  'error',
  'fail',
  'exception',
  'fatal',
  'traceback',
  'panic',
  'assert',
  'expected',
  'undefined',
  'not found',
  'cannot',
  'no such',
  'not ok',
  'segmentation',
  'core dumped',
  'exited with',
  'killed',
  'npm err',
  'timed out',
  'out of memory',
  'unable to',
  'denied',
  '✖',
  '✗',
  '✕',
  '×',
] as const

const NEWLINE = 10
const CLASSES = 64

/**
 * A machine that finds the words byte by byte whatever their case, one look-up each, so its time is linear in the log.
 * `next[(state << 6) | kind[byte]]`; a state from `special` on is a found word, and `special` itself the end of a line.
 */
export interface AlarmMachine {
  readonly kind: Uint8Array
  readonly next: Uint8Array
  readonly special: number
}

interface Node {
  readonly next: Map<number, number>
  fallback: number
  found: boolean
}

/** Builds the machine: a trie of the words with fallbacks (Aho and Corasick), made into a table. */
export function alarmMachine(): AlarmMachine {
  const kind = kinds()
  const nodes: Node[] = [{ next: new Map(), fallback: 0, found: false }]
  for (const word of WORDS)
    plant(
      nodes,
      [...Buffer.from(word)].map((byte) => kind[byte] ?? 0),
    )
  const order = linked(nodes)
  const open = order.filter((at) => nodes[at]?.found !== true)
  const special = open.length
  const state_of = new Map(open.map((at, state) => [at, state]))
  const next = new Uint8Array((special + 2) * CLASSES)
  for (const [state, at] of [...open.entries(), [special, 0] as const, [special + 1, 0] as const])
    for (let letter = 0; letter < CLASSES; letter++) {
      const to = step(nodes, at, letter)
      next[state * CLASSES + letter] =
        letter === kind[NEWLINE] ? special : nodes[to]?.found === true ? special + 1 : (state_of.get(to) ?? 0)
    }
  return { kind, next, special }
}

/** Bytes that stand in no word are one kind; the end of a line is a kind of its own. */
function kinds(): Uint8Array {
  const kind = new Uint8Array(256)
  kind[NEWLINE] = 1
  let last = 1
  for (const byte of new Set(WORDS.flatMap((word) => [...Buffer.from(word)]))) {
    kind[byte] = ++last
    if (byte >= 97 && byte <= 122) kind[byte - 32] = last
  }
  return kind
}

function plant(nodes: Node[], letters: readonly number[]): void {
  let at = 0
  for (const letter of letters) {
    const known = nodes[at]?.next.get(letter)
    const to = known ?? nodes.push({ next: new Map(), fallback: 0, found: false }) - 1
    nodes[at]?.next.set(letter, to)
    at = to
  }
  const end = nodes[at]
  if (end !== undefined) end.found = true
}

/** Sets the fallbacks, and gives the nodes breadth first; what ends in a found word is found. */
function linked(nodes: readonly Node[]): readonly number[] {
  const order = [0]
  for (const at of order)
    for (const [letter, to] of nodes[at]?.next ?? []) {
      const node = nodes[to]
      if (node === undefined) continue
      node.fallback = at === 0 ? 0 : step(nodes, nodes[at]?.fallback ?? 0, letter)
      node.found ||= nodes[node.fallback]?.found === true
      order.push(to)
    }
  return order
}

function step(nodes: readonly Node[], from: number, letter: number): number {
  for (let at = from; ; at = nodes[at]?.fallback ?? 0) {
    const to = nodes[at]?.next.get(letter)
    if (to !== undefined) return to
    if (at === 0) return 0
  }
}
