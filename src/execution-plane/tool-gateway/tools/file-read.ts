import { z } from 'zod'
import { ok, refuse, type Result } from '#domain/result'
import { keptBackFile } from '#execution-plane/context'
import { binaryKind, readContent } from '../content-class.ts'
import { filePath, fileProblem } from '../path-argument.ts'
import { defineTool, failedRun, failure, prepared, type ToolContext, type ToolRun } from '../tool.ts'

/** Larger files are searched or cut by a command. */
export const MAX_FILE_BYTES = 4_000_000
const MAX_LINES = 500
const MAX_CHARACTERS = 17_500
const MAX_LINE = 2000

const schema = z.strictObject({
  path: z.string().max(4096),
  start_line: z.int().min(1).optional(),
  end_line: z.int().min(1).optional(),
})

/** Reads lines of a text file. */
export const fileRead = defineTool({
  name: 'file_read',
  version: '1.0.0',
  description: 'Read a text file, with line numbers.',
  schema,
  async prepare(args, context) {
    const path = filePath(args.path)
    if (!path.ok) return path
    return prepared({ paths: [path.value], act: () => read(path.value, args, context) })
  },
})

async function read(path: string, args: z.output<typeof schema>, context: ToolContext): Promise<ToolRun> {
  const loaded = await loadText(path, context)
  if (!loaded.ok) return loaded.refusal
  const { text, sha256 } = loaded.value
  const id = `sha256 ${sha256.slice(0, 16)}`
  if (text === '') return { text: `${path}: empty file, ${id}` }
  // Redacted as a whole: a secret that spans lines would not be known by a part of it.
  const lines = linesOf(await context.redact(text))
  const start = args.start_line ?? 1
  if (start > lines.length)
    return failedRun(
      failure('lines.outside', `${path} has ${lines.length} lines; start_line ${start} is beyond its end.`),
    )
  const end = Math.min(args.end_line ?? lines.length, lines.length, start + MAX_LINES - 1)
  if (end < start) return failedRun(failure('lines.outside', `end_line ${end} is before start_line ${start}.`))
  const { shown, last } = numbered(lines, start, end)
  const more = last < lines.length ? `\n[${lines.length - last} more lines; go on with start_line ${last + 1}]` : ''
  return { text: `${path}: lines ${start}-${last} of ${lines.length}, ${id}\n${shown}${more}` }
}

function numbered(lines: readonly string[], start: number, end: number): { shown: string; last: number } {
  const shown: string[] = []
  let size = 0
  for (let number = start; number <= end; number++) {
    const line = lines[number - 1] ?? ''
    const cut = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}[… ${line.length - MAX_LINE} characters]` : line
    size += cut.length + String(number).length + 2
    if (size > MAX_CHARACTERS && shown.length > 0) break
    shown.push(`${number}\t${cut}`)
  }
  return { shown: shown.join('\n'), last: start + shown.length - 1 }
}

/** Lines without their ends; a final line end makes no further line. */
export const linesOf = (text: string): readonly string[] => {
  const lines = text.split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

/** A text file with its hash, or the answer that says why it is none. */
async function loadText(
  path: string,
  context: ToolContext,
): Promise<Result<{ readonly text: string; readonly sha256: string }, ToolRun>> {
  const read = await context.files.read(path, MAX_FILE_BYTES)
  if (!read.ok) return refuse(await unreadable(path, read.refusal, context))
  const { content_class, text } = readContent(read.value.bytes)
  if (content_class === 'binary')
    return refuse(
      failedRun(
        failure(
          'file.binary',
          `${path} is ${binaryKind(path)} of ${read.value.bytes.length} bytes; only text is read.`,
        ),
      ),
    )
  const kept_back = context.host.task.agent.kind === 'transform' ? undefined : keptBackFile(path, text)
  if (kept_back !== undefined)
    return refuse(
      failedRun(
        failure(
          'data.kept_back',
          `${path} holds ${kept_back.data_class} data (${kept_back.why}), which reaches no model. Work without its content; a test can use made-up rows.`,
        ),
      ),
    )
  return ok({ text, sha256: read.value.sha256 })
}

async function unreadable(
  path: string,
  refusal: Parameters<typeof fileProblem>[0],
  context: ToolContext,
): Promise<ToolRun> {
  if (refusal.rule === 'path.not_found') return failedRun(await missingFile(path, context))
  if (refusal.rule === 'file.too_large')
    return failedRun(failure(refusal.rule, `${refusal.message}; use file_search, or shell_exec with sed -n or head.`))
  const stat = refusal.rule === 'path.not_regular' ? await context.files.stat(path) : undefined
  if (stat?.ok === true && stat.value.kind === 'folder')
    return failedRun(failure('path.not_regular', `${path} is a folder; list it with file_list {"path": "${path}"}.`))
  return failedRun(fileProblem(refusal))
}

/** Says that there is no such file and names the ones that were probably meant. */
export async function missingFile(path: string, context: ToolContext) {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const stem = name.replace(/\.[^.]*$/, '')
  const entries = await context.host.repository.listFiles(context.host.tree())
  const ofName = (candidate: string) => candidate.slice(candidate.lastIndexOf('/') + 1).toLowerCase()
  const same = entries.filter((entry) => ofName(entry.path) === name)
  const alike = stem.length < 3 ? [] : entries.filter((entry) => ofName(entry.path).startsWith(stem))
  const near = [...new Set([...same, ...alike].map((entry) => entry.path))].slice(0, 5)
  const hint = near.length > 0 ? ` Is it one of: ${near.join(', ')}?` : ' Look with file_list.'
  return failure('path.not_found', `${path} does not exist.${hint}`)
}
