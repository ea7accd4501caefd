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

/** A model that has any guest run the commands in their order and then say the closing words; as a judge it accepts. */
export function scriptedGuest(commands: readonly string[], closing = 'Mended the cause.'): Script {
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
  commands: readonly string[],
  { tool, call }: { readonly tool: string; readonly call: (command: string) => Json },
): ScriptedReply | undefined {
  const done = turn.messages.filter((message) => message.role === 'tool').length
  const command = commands[done]
  return command === undefined ? undefined : { text: 'Next.', tool_calls: [{ name: tool, arguments: call(command) }] }
}

/** What a guest's tools answered in a request. */
export const toolTexts = (turn: ScriptedTurn): readonly string[] =>
  turn.messages.flatMap((message) => (message.role === 'tool' ? message.answers.map(({ text }) => text) : []))
