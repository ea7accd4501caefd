import { join } from 'node:path'
import type { Script, ScriptedReply } from '../scripted-model/index.ts'
import { accept } from '../lab/play.ts'

/** The folder of programs that tests name in GANDER_AGENTS_PATH. */
export const GUEST_PROGRAMS_FOLDER = join(import.meta.dirname, 'programs')

/** Words that start the light guest as any command, or over the Agent Client Protocol. */
export const AS_COMMAND = ['--agent', 'command', '--', 'light-guest'] as const
export const BY_PROTOCOL = ['--agent', 'acp', '--', 'light-guest', 'acp'] as const

type Line = string | ScriptedReply

/**
 * What the light guest's model says: the lines of its first start, then those of its second, and so on; as a judge it
 * accepts. A start is known by its first message, so a repeated request gets the same answer.
 */
export function lightGuest(...starts: readonly (readonly Line[])[]): Script {
  let start = -1
  return (turn) => {
    if (turn.tools.includes('submit_judgement')) return accept
    const place = turn.messages.filter(({ role }) => role === 'assistant').length
    if (place === 0) start += 1
    const line = starts[Math.min(start, starts.length - 1)]?.[place] ?? 'Nothing is left to do.'
    return typeof line === 'string' ? { text: line } : line
  }
}

/** A command that writes the content into a file. */
export const writing = (path: string, content: string): string =>
  `$ echo ${Buffer.from(content).toString('base64')} | base64 -d > ${path}`
