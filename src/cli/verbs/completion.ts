import { Argument, type Command } from 'commander'
import type { Verb } from '../cli.ts'

/** `gander completion SHELL`: a script that completes verbs and flags. */
export const addCompletion: Verb = (program, cli) => {
  program
    .command('completion')
    .summary('completion for bash, zsh or fish')
    .description('Prints a completion script for your shell.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', EXAMPLES)
    .action((shell: 'bash' | 'zsh' | 'fish') => {
      cli.environment.stdout.write(SCRIPTS[shell](vocabulary(program)))
    })
}

interface Word {
  readonly verb: string
  readonly summary: string
  readonly flags: readonly { readonly flag: string; readonly summary: string; readonly choices: readonly string[] }[]
}

const vocabulary = (program: Command): readonly Word[] =>
  program
    .createHelp()
    .visibleCommands(program)
    .map((command) => ({
      verb: command.name(),
      summary: command.summary() || command.description(),
      flags: command.options.flatMap((option) =>
        option.long === undefined || option.long === null
          ? []
          : [{ flag: option.long, summary: option.description, choices: option.argChoices ?? [] }],
      ),
    }))

const bash = (words: readonly Word[]): string => `# gander completion for bash: source <(gander completion bash)
_gander() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${words.map(({ verb }) => verb).join(' ')} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} $before" in
${words
  .flatMap(({ verb, flags }) =>
    flags
      .filter(({ choices }) => choices.length > 0)
      .map(
        ({ flag, choices }) =>
          `    "${verb} ${flag}") COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$word")); return ;;`,
      ),
  )
  .join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${words.map(({ verb, flags }) => `    ${verb}) COMPREPLY=($(compgen -W "${flags.map(({ flag }) => flag).join(' ')} --help" -- "$word")) ;;`).join('\n')}
  esac
  [ "\${word#-}" = "$word" ] && COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _gander gander
`

const quoted = (text: string) => text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, '\\$&')

const zsh = (words: readonly Word[]): string => `#compdef gander
# gander completion for zsh: source <(gander completion zsh)
_gander() {
  if (( CURRENT == 2 )); then
    local -a verbs=(${words.map(({ verb, summary }) => `\n      '${verb}:${quoted(summary)}'`).join('')}
    )
    _describe 'command' verbs
    return
  fi
  case "$words[2]" in
${words
  .map(({ verb, flags }) => {
    const specs = flags.map(
      ({ flag, summary, choices }) =>
        `'${flag}[${quoted(summary)}]${choices.length > 0 ? `:value:(${choices.join(' ')})` : ''}'`,
    )
    return `    ${verb}) _arguments ${[...specs, `'*:file:_files'`].join(' ')} ;;`
  })
  .join('\n')}
  esac
}
compdef _gander gander
`

const fish = (words: readonly Word[]): string => {
  const single = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const verbs = words.map(
    ({ verb, summary }) => `complete -c gander -n __fish_use_subcommand -f -a ${verb} -d ${single(summary)}`,
  )
  const flags = words.flatMap(({ verb, flags: own }) =>
    own.map(
      ({ flag, summary, choices }) =>
        `complete -c gander -n '__fish_seen_subcommand_from ${verb}' -l ${flag.slice(2)} -d ${single(summary)}${choices.length > 0 ? ` -xa '${choices.join(' ')}'` : ''}`,
    ),
  )
  return `# gander completion for fish: gander completion fish | source\n${[...verbs, ...flags].join('\n')}\n`
}

const SCRIPTS = { bash, zsh, fish } as const

const EXAMPLES = `
Examples:
  source <(gander completion bash)                                        this shell
  gander completion fish > ~/.config/fish/completions/gander.fish         every fish`
