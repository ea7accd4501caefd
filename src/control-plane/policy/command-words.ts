import { WRAPPERS } from './command-rules.ts'

/** A command's name as rules know it: no folder, no case. */
export const commandName = (word: string): string => word.slice(word.lastIndexOf('/') + 1).toLowerCase()

/** True when one of the names, where a trailing `*` stands for any ending, is this command's. */
export const isOneOf = (names: readonly string[], name: string): boolean =>
  names.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : entry === name))

/** True when the option stands among the words, as itself or with `=value`. */
export const hasOption = (words: readonly string[], option: string): boolean =>
  words.some((word) => word === option || word.startsWith(`${option}=`))

/** What a wrapper such as `env` or `xargs` runs. */
export interface Unwrapped {
  readonly words: readonly string[]
  /** Variables it sets, `NAME=value`. */
  readonly assignments: readonly string[]
  /** Texts it splits into a command itself (`env -S`). */
  readonly scripts: readonly string[]
}

/** Takes one wrapper off a command; undefined where there is none. */
export function unwrap(words: readonly string[]): Unwrapped | undefined {
  const name = commandName(words[0] ?? '')
  const wrapper = WRAPPERS.find(({ commands }) => isOneOf(commands, name))
  if (wrapper === undefined) return undefined
  const assignments: string[] = []
  const scripts: string[] = []
  let own = wrapper.own_words ?? 0
  let at = 1
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    const split = /^(?:-S|--split-string=)(.+)$/s.exec(word)?.[1]
    if (split !== undefined) scripts.push(split)
    else if (word === '-S' || word === '--split-string') scripts.push(words[++at] ?? '')
    else if (wrapper.valued.includes(word)) at++
    else if (wrapper.assigns === true && /^[^=\s-][^=\s]*=/.test(word)) assignments.push(word)
    else if (word.startsWith('-')) continue
    else if (own > 0) own--
    else break
  }
  return { words: words.slice(at), assignments, scripts }
}

/** Text that a shell is told to run by `-c` (also joined with other letters, as in `-lc`); undefined where there is none. */
export function scriptOption(words: readonly string[]): string | undefined {
  const at = words.findIndex((word, index) => index > 0 && /^-[A-Za-z]*c[A-Za-z]*$/.test(word))
  return at === -1 ? undefined : words.slice(at + 1).find((word) => !/^[-+]/.test(word))
}

/** The commands after `-exec` and its kin in a `find`. */
export function foundCommands(words: readonly string[]): readonly (readonly string[])[] {
  const commands: (readonly string[])[] = []
  words.forEach((word, at) => {
    if (!/^-(exec|execdir|ok|okdir)$/.test(word)) return
    const rest = words.slice(at + 1)
    const end = rest.findIndex((entry) => entry === ';' || entry === '+')
    commands.push(end === -1 ? rest : rest.slice(0, end))
  })
  return commands
}

const GIT_VALUED = [
  '-C',
  '-c',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--exec-path',
  '--config-env',
  '--super-prefix',
]

/** Operands of a command; git's global options and their values are skipped. */
export function operands(words: readonly string[]): readonly string[] {
  const isGit = commandName(words[0] ?? '') === 'git'
  const found: string[] = []
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? ''
    if (isGit && found.length === 0 && GIT_VALUED.includes(word)) at++
    else if (!word.startsWith('-')) found.push(word)
  }
  return found
}

/** Options before the first operand: git's global ones mean something else after its subcommand. */
export function leadingOptions(words: readonly string[]): readonly string[] {
  const first = operands(words)[0]
  return words.slice(1, first === undefined ? undefined : words.indexOf(first, 1))
}
