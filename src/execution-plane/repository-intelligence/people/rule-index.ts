import { matcherOf } from '#domain/path'
import { push } from '../ground/bounded.ts'
import { folderOf, nameOf } from '../ground/path-parts.ts'

/** What a rule is found by. */
interface Patterned {
  readonly pattern: string
  readonly line: number
}

interface Kept<Rule> {
  readonly rule: Rule
  /** Made when it is first asked. */
  matches: ((path: string) => boolean) | undefined
}

/**
 * Rules by the plain beginning of their patterns, by a name at any depth, or by an ending: thousands of them are asked
 * about each of a hundred thousand paths. Which of the few that are found matches is asked of the pattern itself.
 */
export class RuleIndex<Rule extends Patterned> {
  readonly #below = new Map<string, Kept<Rule>[]>()
  readonly #named = new Map<string, Kept<Rule>[]>()
  readonly #ending = new Map<string, Kept<Rule>[]>()
  readonly #any: Kept<Rule>[] = []

  constructor(rules: readonly Rule[]) {
    for (const rule of rules) this.#learn({ rule, matches: undefined })
  }

  #learn(kept: Kept<Rule>): void {
    const text = kept.rule.pattern.normalize('NFC')
    const plain = text.replace(/^\//, '').replace(/\/$/, '')
    if (text.includes('\\') || plain === '') return void this.#any.push(kept)
    if (text.startsWith('/') || plain.includes('/')) {
      const beginning = plainBeginning(plain)
      return beginning === '' ? void this.#any.push(kept) : push(this.#below, beginning, kept)
    }
    if (!/[*?]/.test(plain)) return push(this.#named, plain, kept)
    const ending = /^\*(\.[^*?]+)$/.exec(plain)?.[1]
    return ending === undefined ? void this.#any.push(kept) : push(this.#ending, ending, kept)
  }

  /** The last rule that matches a path in Unicode form NFC. */
  last(path: string): Rule | undefined {
    let best: Rule | undefined
    const ask = (some: readonly Kept<Rule>[] | undefined): void => {
      for (const kept of some ?? []) {
        if (best !== undefined && kept.rule.line < best.line) continue
        kept.matches ??= matcherOf(kept.rule.pattern)
        if (kept.matches(path)) best = kept.rule
      }
    }
    for (let at = path; at !== '.'; at = folderOf(at)) {
      ask(this.#below.get(at))
      const name = nameOf(at)
      ask(this.#named.get(name))
      for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
        ask(this.#ending.get(name.slice(dot)))
    }
    ask(this.#any)
    return best
  }
}

/** The folders of a pattern before the first that holds a wildcard. */
function plainBeginning(pattern: string): string {
  const parts = pattern.split('/')
  const wild = parts.findIndex((part) => /[*?]/.test(part))
  return (wild < 0 ? parts : parts.slice(0, wild)).join('/')
}
