import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const GUIDES = join(import.meta.dirname, '../../../docs/guides')

/** One fenced block of a guide. */
interface Block {
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a guide, in order. */
export function blocksOf(guide: string): readonly Block[] {
  const text = readFileSync(join(GUIDES, guide), 'utf8')
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
    language,
    text: body,
  }))
}

/** One command of a guide as a shell would take it apart. */
export interface GuideCommand {
  /** As it stands in the guide, without its remark. */
  readonly line: string
  readonly env: Readonly<Record<string, string>>
  readonly words: readonly string[]
  /** The file that the output goes to, or that the input comes from; absent: none. */
  readonly to?: string
  readonly from?: string
}

/** The commands of a guide's shell blocks, in order. */
export function commandsOf(guide: string): readonly GuideCommand[] {
  return blocksOf(guide)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .map((line) => line.replace(/(^|\s+)#.*$/, '').trim())
    .filter((line) => line !== '')
    .map(commandOf)
}

function commandOf(line: string): GuideCommand {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  const env: Record<string, string> = {}
  while (/^[A-Z_]+=/.test(words[0] ?? '')) {
    const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(words.shift() ?? '') ?? []
    env[name] = value
  }
  const redirected = (sign: string) => {
    const at = words.indexOf(sign)
    return at < 0 ? undefined : words.splice(at, 2)[1]
  }
  const [to, from] = [redirected('>'), redirected('<')]
  return { line, env, words, ...(to !== undefined && { to }), ...(from !== undefined && { from }) }
}
