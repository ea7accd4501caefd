import type { Json } from '#domain/json'
import type { Script, ScriptedReply, ScriptedTurn } from '../scripted-model/index.ts'
import { accept } from '../lab/play.ts'

/** How each guest's shell tool is called, by its name. */
const SHELLS: { readonly [tool: string]: (command: string) => Json } = {
  Bash: (command) => ({ command, description: 'work' }),
  bash: (command) => ({ command, description: 'work' }),
  exec_command: (cmd) => ({ cmd }),
  shell: (command) => ({ command: ['bash', '-lc', command] }),
  shell_command: (command) => ({ command }),
  run_shell_command: (command) => ({ command, is_background: false, description: 'work' }),
}

/** What a guest is made to do: run a command, or call a tool of its run by the platform's name for it. */
export type GuestLine = string | { readonly tool: string; readonly arguments?: Json }

/** A model that has any guest do the lines in their order and then say the closing words; as a judge it accepts. */
export function scriptedGuest(commands: readonly GuestLine[], closing = 'Mended the cause.'): Script {
  return (turn) => {
    if (turn.tools.includes('submit_judgement')) return accept
    const tool = turn.tools.find((name) => name in SHELLS)
    const call = tool === undefined ? undefined : SHELLS[tool]
    // Some guests ask for a title first, without tools.
    if (tool === undefined || call === undefined) return { text: 'A title' }
    return lineFor(turn, commands, { tool, call }) ?? { text: closing }
  }
}

function lineFor(
  turn: ScriptedTurn,
  lines: readonly GuestLine[],
  shell: { readonly tool: string; readonly call: (command: string) => Json },
): ScriptedReply | undefined {
  const line = lines[turn.messages.filter((message) => message.role === 'tool').length]
  if (line === undefined) return undefined
  const call =
    typeof line === 'string'
      ? { name: shell.tool, arguments: shell.call(line) }
      : { name: ownTool(turn.tools, line.tool), arguments: line.arguments ?? {} }
  return { text: 'Next.', tool_calls: [call] }
}

/** Every guest puts the name of the server before a tool's, each in its own way. */
const ownTool = (tools: readonly string[], name: string): string =>
  tools.find((each) => each.includes('gander') && each.endsWith(name)) ?? name

/** What a guest's tools answered in a request. */
export const toolTexts = (turn: ScriptedTurn): readonly string[] =>
  turn.messages.flatMap((message) => (message.role === 'tool' ? message.answers.map(({ text }) => text) : []))
