import { z } from 'zod'
import { keptBackFile } from '#execution-plane/context'
import { counted } from '../excerpt.ts'
import { fileProblem, folderPath } from '../path-argument.ts'
import { defineTool, failedRun, failure, prepared, type ToolContext, type ToolRun } from '../tool.ts'

const MAX_MATCHES = 200
const PER_FILE = 40
const MAX_LINE = 300
const OUTPUT_BYTES = 400_000
const TIMEOUT_MS = 20_000
const IGNORED = ['.git', 'node_modules', '.venv', '__pycache__']

const schema = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(2000)
    .refine((text) => text.isWellFormed() && !/[\0\n]/.test(text), 'must be one line of text'),
  path: z.string().max(4096).optional(),
  regex: z.boolean().optional(),
})

/**
 * Finds lines by literal text or by a regular expression. It runs inside the sandbox under a time limit, so a pattern
 * that explodes costs that time and nothing else.
 */
export const fileSearch = defineTool({
  name: 'file_search',
  version: '1.0.0',
  description: 'Find lines that contain pattern (literal; a Perl regex with regex: true).',
  schema,
  async prepare(args, context) {
    const folder = folderPath(args.path)
    if (!folder.ok) return folder
    return prepared({
      paths: folder.value === '' ? [] : [folder.value],
      act: () => search(args, folder.value, context),
    })
  },
})

async function search(args: z.output<typeof schema>, path: string, context: ToolContext): Promise<ToolRun> {
  if (path !== '') {
    const stat = await context.files.stat(path)
    if (!stat.ok) return failedRun(fileProblem(stat.refusal))
    if (stat.value.kind === 'symlink' || stat.value.kind === 'other')
      return failedRun(fileProblem({ rule: 'path.symlink', message: `${path} is no file or folder that is searched` }))
  }
  const result = await context.host.sandbox.exec(
    {
      argv: grep(args.pattern, args.regex === true, path === '' ? '.' : `./${path}`),
      timeout_ms: TIMEOUT_MS,
      output_bytes: OUTPUT_BYTES,
      network: { kind: 'none' },
    },
    context.host.signal,
  )
  context.host.signal.throwIfAborted()
  if (result.ended_by !== 'exit')
    return failedRun(failure('search.too_slow', `The search was ended (${result.ended_by}); narrow path or pattern.`))
  // 0: found, 1: nothing found, 2: an error, which may be one unreadable file beside good matches.
  if (result.exit_code !== 0 && result.exit_code !== 1 && result.stdout === '' && result.stderr.trim() !== '')
    return failedRun(failure('search.pattern', `The search did not work: ${result.stderr.trim().slice(0, 300)}`))
  // Redacted before lines are cut: half a secret is not known as one.
  return { text: render(args.pattern, await context.redact(result.stdout), result.truncated_bytes > 0) }
}

const grep = (pattern: string, isRegex: boolean, path: string): readonly string[] => [
  'grep',
  isRegex ? '-P' : '-F',
  '-rnIH',
  '-s',
  '--color=never',
  `--max-count=${PER_FILE}`,
  ...IGNORED.map((name) => `--exclude-dir=${name}`),
  '-e',
  pattern,
  '--',
  path,
]

interface Found {
  readonly path: string
  readonly line: number
  readonly text: string
}

function render(pattern: string, output: string, isCut: boolean): string {
  const all = output
    .split('\n')
    .map(readLine)
    .filter((line) => line !== undefined)
  const found = all
    .filter(({ path }) => keptBackFile(path, '') === undefined)
    .toSorted((left, right) => (left.path < right.path ? -1 : left.path > right.path ? 1 : left.line - right.line))
  const back = all.length - found.length
  const kept_back =
    back === 0 ? [] : [`[${counted(back, 'line')} of files with secrets or data about people kept back]`]
  if (found.length === 0 && back > 0) return kept_back.join('')
  if (found.length === 0) return `No line contains ${JSON.stringify(pattern.slice(0, 200))}.`
  const files = new Set(found.map(({ path }) => path)).size
  const title = `${counted(found.length, 'line')} in ${counted(files, 'file')}${isCut ? ', and more that were left out' : ''}:`
  const lines = found.slice(0, MAX_MATCHES).map(({ path, line, text }) => `${path}:${line}: ${short(text)}`)
  const more = found.length > MAX_MATCHES ? [`[${found.length - MAX_MATCHES} more; narrow path or pattern]`] : []
  return [title, ...lines, ...more, ...kept_back].join('\n')
}

function readLine(line: string): Found | undefined {
  const parts = /^(?:\.\/)?(.+?):(\d+):(.*)$/s.exec(line)
  if (parts === null) return undefined
  return { path: parts[1] ?? '', line: Number(parts[2]), text: parts[3] ?? '' }
}

const short = (text: string): string => {
  const trimmed = text.trimEnd()
  return trimmed.length > MAX_LINE ? `${trimmed.slice(0, MAX_LINE)}[…]` : trimmed
}
