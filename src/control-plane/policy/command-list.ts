import { SHELLS } from './command-rules.ts'
import { commandName, foundCommands, isOneOf, scriptOption, unwrap } from './command-words.ts'
import { readScript } from './shell-script.ts'

const MAX_DEPTH = 8
const MAX_COMMANDS = 500

/**
 * Every command that a command line runs as far as it can be read: itself, what wrappers and `find` run, and what shell
 * texts hold. The first word of each is its name. Undefined where it can't be read, which is no answer to rely on.
 */
export function commandsOf(argv: readonly string[]): readonly (readonly string[])[] | undefined {
  const found: (readonly string[])[] = []
  return collect(argv, found, 0) ? found : undefined
}

function collect(words: readonly string[], found: (readonly string[])[], depth: number): boolean {
  if (depth > MAX_DEPTH || found.length > MAX_COMMANDS) return false
  const name = commandName(words[0] ?? '')
  if (name === '') return true
  found.push([name, ...words.slice(1)])
  const wrapped = unwrap(words)
  if (wrapped !== undefined)
    return (
      collect(wrapped.words, found, depth + 1) &&
      wrapped.scripts.every((script) => collectScript(script, found, depth + 1))
    )
  const script = isOneOf(SHELLS, name) ? scriptOption(words) : name === 'eval' ? words.slice(1).join(' ') : undefined
  if (script !== undefined && !collectScript(script, found, depth + 1)) return false
  return name !== 'find' || foundCommands(words).every((inner) => collect(inner, found, depth + 1))
}

function collectScript(script: string, found: (readonly string[])[], depth: number): boolean {
  const pipelines = depth > MAX_DEPTH ? undefined : readScript(script)
  return (
    pipelines !== undefined &&
    pipelines
      .flat()
      .every(
        ({ words, nested, input }) =>
          collect(words, found, depth + 1) &&
          nested.every((inner) => collectScript(inner, found, depth + 1)) &&
          (!isOneOf(SHELLS, commandName(words[0] ?? '')) ||
            input.every((inner) => collectScript(inner, found, depth + 1))),
      )
  )
}
