import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { createProgram } from '#cli'
import { fakeCli } from '../../support/fake-cli-environment.ts'

const GUIDES = join(import.meta.dirname, '../../../docs/guides')

/** Every `gander …` of a guide, in its blocks and in its sentences. */
function commandsOf(guide: string): readonly string[] {
  const text = readFileSync(join(GUIDES, guide), 'utf8')
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.split('\n'))
  const said = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`(gander [^`]+)`/g)].map(
    ([, command = '']) => command,
  )
  return [...blocks, ...said]
    .map((line) =>
      line
        .replace(/\s+#.*$/, '')
        .replace(/^GANDER_HOME=\S+ /, '')
        .replace(/ [<>] \S+$/, '')
        .trim(),
    )
    .filter((line) => line.startsWith('gander '))
}

/** The words of a line as a shell would give them. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '').slice(1)

/** Puts a note in place of what every command does. */
function noteOnly(command: Command, note: (name: string) => void): void {
  command.exitOverride()
  for (const each of command.commands) noteOnly(each, note)
  if (command.parent !== null) command.action(() => note(command.name()))
}

describe.each([
  'approvals.md',
  'audit.md',
  'backup-and-restore.md',
  'capabilities.md',
  'install.md',
  'operate.md',
  'policy.md',
  'roles.md',
])('%s', (guide) => {
  test('every command of it is one that the program takes as it stands', async () => {
    const commands = commandsOf(guide)
    expect(commands.length).toBeGreaterThan(3)
    for (const line of commands) {
      const noted: string[] = []
      const program = createProgram(fakeCli({}).environment)
      noteOnly(program, (name) => void noted.push(name))
      await program
        .parseAsync([...wordsOf(line)], { from: 'user' })
        .catch((error: unknown) => noted.push(String(error)))
      expect(noted, line).toEqual([expect.stringMatching(/^[a-z-]+$/)])
    }
  })
})
