import { COMMAND_RULES, DECODERS, FETCHERS, INTERPRETERS, SHELLS } from './command-rules.ts'
import {
  commandName,
  foundCommands,
  hasOption,
  isOneOf,
  leadingOptions,
  operands,
  scriptOption,
  unwrap,
} from './command-words.ts'
import type { Match } from './match.ts'
import { readScript, type Pipeline, type ShellCommand } from './shell-script.ts'

const MAX_DEPTH = 8
const MAX_SCRIPT = 100_000

/**
 * Which rules a command matches, also through wrappers (`env`, `xargs`, `find -exec`) and inside `sh -c` texts. It
 * guides and records; what contains a command is the sandbox, which has no network and no credentials.
 */
export function commandRules(argv: readonly string[]): readonly Match[] {
  if (argv[0] === undefined || argv[0] === '') return [deny('shell.empty', 'There is no command.')]
  const denied = inspectWords(argv, 0)
  return denied.length > 0
    ? denied
    : [{ policy: 'platform', rule: 'shell.sandboxed', effect: 'allow', why: 'commands run inside the sandbox' }]
}

function inspectWords(words: readonly string[], depth: number): readonly Match[] {
  if (depth > MAX_DEPTH) return [deny('shell.too_deep', 'Commands are nested too deeply to be read; write it plainly.')]
  const name = commandName(words[0] ?? '')
  if (name === '') return []
  const wrapped = unwrap(words)
  if (wrapped !== undefined)
    return [
      ...inspectWords(wrapped.words, depth + 1),
      ...wrapped.scripts.flatMap((script) => inspectScript(script, depth + 1)),
      ...gitOverrides(wrapped.assignments),
    ]
  const script = isOneOf(SHELLS, name) ? scriptOption(words) : name === 'eval' ? words.slice(1).join(' ') : undefined
  return [
    ...(script === undefined ? [] : inspectScript(script, depth + 1)),
    ...(name === 'find' ? foundCommands(words).flatMap((found) => inspectWords(found, depth + 1)) : []),
    ...wipes(name, words),
    ...tableRules(name, words),
  ]
}

function tableRules(name: string, words: readonly string[]): readonly Match[] {
  return COMMAND_RULES.filter((rule) => {
    if (!isOneOf(rule.commands, name)) return false
    if (rule.operands !== undefined && !isSubcommand(name, rule.operands, words)) return false
    return rule.options === undefined || rule.options.some((option) => hasOption(leadingOptions(words), option))
  }).map((rule) => deny(rule.rule, `${name} is not open to runs. ${rule.why} ${rule.instead}`))
}

/** Build tools take several goals; others have one subcommand. */
function isSubcommand(name: string, wanted: readonly string[], words: readonly string[]): boolean {
  const given = operands(words)
  return name.startsWith('mvn') ? given.some((word) => wanted.includes(word)) : wanted.includes(given[0] ?? '')
}

const ROOTS = new Set(['/', '/*', '~', '~/', '~/*', '$HOME', '/workspace', '/workspace/', '/workspace/*', '/home'])

function wipes(name: string, words: readonly string[]): readonly Match[] {
  const recursive = words.some((word) => /^-[A-Za-z]*[rR]/.test(word) || word === '--recursive')
  if (name !== 'rm' || !recursive || !operands(words).some((word) => ROOTS.has(word))) return []
  return [deny('shell.wipe', 'rm of a whole file system is not open to runs. Name the files to remove.')]
}

function inspectScript(script: string, depth: number): readonly Match[] {
  if (depth > MAX_DEPTH) return [deny('shell.too_deep', 'Scripts are nested too deeply to be read; write it plainly.')]
  if (script.length > MAX_SCRIPT)
    return [deny('shell.too_long', `A script of over ${MAX_SCRIPT} characters is not read; put it into a file.`)]
  const pipelines = readScript(script)
  if (pipelines === undefined)
    return [deny('shell.unreadable', 'The quotes or brackets of the script do not balance; correct it.')]
  return pipelines.flatMap((pipeline) => inspectPipeline(pipeline, depth))
}

function inspectPipeline(pipeline: Pipeline, depth: number): readonly Match[] {
  return [
    ...(runsRemoteScript(pipeline, depth)
      ? [
          deny(
            'shell.remote_script',
            'What is fetched or decoded is never run by a shell. Use what the repository holds.',
          ),
        ]
      : []),
    ...pipeline.flatMap((command) => inspectShellCommand(command, depth)),
    ...writtenScripts(pipeline).flatMap((script) => inspectScript(script, depth + 1)),
  ]
}

function inspectShellCommand(command: ShellCommand, depth: number): readonly Match[] {
  return [
    ...inspectWords(command.words, depth),
    ...command.nested.flatMap((script) => inspectScript(script, depth + 1)),
    ...gitOverrides(command.assignments),
  ]
}

/** Texts of here-documents and of `echo` that a shell of the same pipeline reads. */
function writtenScripts(pipeline: Pipeline): readonly string[] {
  const last = pipeline.findLastIndex(({ words }) => isOneOf(SHELLS, innermost(words)))
  return pipeline.slice(0, last + 1).flatMap(({ words, input }) => {
    const isEcho = ['echo', 'printf'].includes(innermost(words))
    return isEcho ? [...input, words.slice(1).join(' ')] : input
  })
}

const gitOverrides = (assignments: readonly string[]): readonly Match[] =>
  assignments.some((assignment) => assignment.startsWith('GIT_'))
    ? [deny('shell.git_configuration', 'Git runs with its own configuration here. Leave GIT_ variables out.')]
    : []

/** Something that fetches or decodes feeds something that runs what it reads, by a pipe or by a substitution. */
function runsRemoteScript(pipeline: Pipeline, depth: number): boolean {
  let fed = false
  for (const command of pipeline) {
    const runs = isOneOf(INTERPRETERS, innermost(command.words))
    const nestedFeed = command.nested.some((script) => feeds(script, depth + 1))
    if (runs && (fed || nestedFeed)) return true
    fed = fed || nestedFeed || isFeeder(command)
  }
  return false
}

function feeds(script: string, depth: number): boolean {
  if (depth > MAX_DEPTH || script.length > MAX_SCRIPT) return true
  const pipelines = readScript(script) ?? []
  return pipelines
    .flat()
    .some((command) => isFeeder(command) || command.nested.some((inner) => feeds(inner, depth + 1)))
}

function isFeeder(command: ShellCommand): boolean {
  const name = innermost(command.words)
  if (isOneOf(FETCHERS, name)) return true
  return isOneOf(DECODERS, name) && command.words.some((word) => /^-(d|D|r|-decode)/.test(word) || word === 'enc')
}

/** The name of what is run in the end: of `env FOO=1 timeout 5 bash`, `bash`. */
function innermost(words: readonly string[]): string {
  let rest = words
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const wrapped = unwrap(rest)
    if (wrapped === undefined) break
    rest = wrapped.words
  }
  return commandName(rest[0] ?? '')
}

const deny = (rule: string, why: string): Match => ({ policy: 'platform', rule, effect: 'deny', why })
