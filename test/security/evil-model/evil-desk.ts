import type { Json } from '#domain/json'
import { openDesk, type ToolDesk } from '../../integration/tools/tool-desk.ts'
import type { SandboxKind } from './sandbox-kinds.ts'

/** A model that does what an attacker wants, through the real gateway, sandbox, file access and git. */
export interface EvilDesk extends ToolDesk {
  /** What a shell command printed, with its exit code before it. */
  shell(script: string, timeout_seconds?: number): Promise<string>
  /** The text of a call that must be refused, and the rule that refused it. */
  refused(name: string, args: Json): Promise<{ readonly text: string; readonly rule: string }>
  /** The tree as it is captured now. */
  captured(): Promise<string>
  /** Fails unless the same desk still does honest work and every call so far has its record. */
  stillWorks(): Promise<void>
}

const FILES = {
  'src/app.ts': 'export const answer = 42\n',
  'src/deep/b.ts': 'b\n',
  'README.md': '# Example\n',
  'package.json': '{}\n',
  '.github/workflows/ci.yml': 'on: push\n',
}

/** Opens a desk over a small repository on one kind of sandbox. */
export async function openEvilDesk(kind: SandboxKind): Promise<EvilDesk> {
  const desk = await openDesk(FILES, { makeDriver: kind.makeDriver })
  let calls = 0
  const shell = async (script: string, timeout_seconds = 60) => {
    calls += 1
    return (await desk.call('shell_exec', { argv: ['sh', '-c', script], timeout_seconds })).answer.text
  }
  return {
    ...desk,
    shell,
    async refused(name, args) {
      const { answer } = await desk.call(name, args)
      if (!answer.is_error) throw new Error(`${name} was not refused: ${answer.text.slice(0, 300)}`)
      return { text: answer.text, rule: desk.steps.at(-1)?.outcome.tool_call?.rule ?? '' }
    },
    captured: async () => (await desk.host.checkpoint()).tree,
    async stillWorks() {
      const { answer } = await desk.call('file_write', { path: `src/honest-${calls}.ts`, content: 'x\n' })
      if (answer.is_error) throw new Error(`honest work is refused now: ${answer.text}`)
      const silent = desk.steps.filter(({ outcome }) => outcome.tool_call === undefined)
      if (silent.length > 0) throw new Error(`${silent.length} calls left no record`)
    },
  }
}
