import { z } from 'zod'
import { ok, refuse, type Result } from '#domain/result'
import { classOfText } from '../content-class.ts'
import { filePath, fileProblem } from '../path-argument.ts'
import {
  defineTool,
  failedRun,
  failure,
  hopeless,
  invalid,
  prepared,
  type Problem,
  type ToolContext,
  type ToolRun,
} from '../tool.ts'
import { linesOf, missingFile } from './file-read.ts'
import { hashPrefix, lookAt, MAX_WRITTEN, staleness, worst, type Before } from './file-write.ts'

const schema = z.strictObject({
  path: z.string().max(4096),
  old_text: z.string().max(MAX_WRITTEN),
  new_text: z.string().max(MAX_WRITTEN),
  expected_sha256: hashPrefix().optional(),
})

/** Replaces one piece of a file. */
export const fileEdit = defineTool({
  name: 'file_edit',
  version: '1.0.0',
  description: 'Replace old_text, which must occur exactly once, by new_text.',
  schema,
  async prepare(args, context) {
    const path = filePath(args.path)
    if (!path.ok) return path
    if (args.old_text === '') return refuse(invalid('file_edit: old_text is empty; use file_write for a new file'))
    const before = await lookAt(path.value, context)
    if ('rule' in before) return hopeless([path.value], before)
    if (before.sha256 === null) return hopeless([path.value], await missingFile(path.value, context))
    const stale = staleness(path.value, before, args.expected_sha256)
    if (stale !== undefined) return hopeless([path.value], stale)
    return prepared({
      paths: [path.value],
      facts: { content_class: worst(before.content_class, classOfText(args.new_text)) },
      act: () => edit(args, before, context),
    })
  },
})

type Arguments = z.output<typeof schema>

async function edit(args: Arguments, before: Before, context: ToolContext): Promise<ToolRun> {
  const { path } = args
  if (before.content_class === 'not_utf8')
    return failedRun(failure('file.not_utf8', `${path} is not UTF-8 text; change it with a command (shell_exec).`))
  const place = locate(before.text, args)
  if (!place.ok) return failedRun(place.refusal ?? (await notFound(args, before, context)))
  const { at, old_text, new_text } = place.value
  if (old_text === new_text) return { text: `old_text and new_text are equal; ${path} was not changed.` }
  const content = before.text.slice(0, at) + new_text + before.text.slice(at + old_text.length)
  const bytes = new TextEncoder().encode(content)
  const written = await context.files.write(path, bytes, { expected_sha256: before.sha256 })
  if (!written.ok) return failedRun(fileProblem(written.refusal))
  const first = lineAt(before.text, at)
  const last = first + Math.max(0, linesOf(new_text).length - 1)
  return {
    text: `edited ${path}: now lines ${first}-${last}, sha256 ${written.value.sha256.slice(0, 16)}`,
    changed: [{ path, before: before.sha256, after: written.value.sha256 }],
  }
}

interface Place {
  readonly at: number
  readonly old_text: string
  readonly new_text: string
}

/** The one place of old_text; the refusal says why there are several, or nothing where there is none. */
function locate(text: string, args: Arguments): Result<Place, Problem | undefined> {
  const { path, old_text, new_text } = args
  const exact = occurrences(text, old_text)
  if (exact.length === 1) return ok({ at: exact[0] ?? 0, old_text, new_text })
  if (exact.length > 1) {
    const lines = exact.slice(0, 10).map((at) => lineAt(text, at))
    const message = `old_text occurs ${exact.length}${exact.length === LIMIT ? ' times or more' : ' times'} in ${path}, at lines ${lines.join(', ')}. Add lines around it until it is one place.`
    return refuse(failure('edit.ambiguous', message))
  }
  // A model writes \n where the file has \r\n; the file keeps its line ends.
  const withReturns = (part: string) => part.replaceAll(/\r?\n/g, '\r\n')
  if (text.includes('\r\n') && old_text.includes('\n') && !old_text.includes('\r\n')) {
    const found = occurrences(text, withReturns(old_text))
    if (found.length === 1)
      return ok({ at: found[0] ?? 0, old_text: withReturns(old_text), new_text: withReturns(new_text) })
  }
  return refuse(undefined)
}

/** Redacted before lines are cut: half a secret is not known as one. */
async function notFound({ path, old_text }: Arguments, { text }: Before, context: ToolContext): Promise<Problem> {
  const near = nearLines(await context.redact(text), old_text)
  return failure('edit.not_found', `old_text does not occur in ${path}. ${near}`)
}

const LIMIT = 100

function occurrences(text: string, part: string): readonly number[] {
  const found: number[] = []
  for (let at = text.indexOf(part); at !== -1 && found.length < LIMIT; at = text.indexOf(part, at + 1)) found.push(at)
  return found
}

function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

/** What the file has instead, so that the next attempt fits. */
function nearLines(text: string, old_text: string): string {
  if (/^\d+\t/m.test(old_text)) return 'Leave out the line numbers that file_read puts in front.'
  const lines = linesOf(text)
  const wanted = linesOf(old_text).map((line) => line.trim())
  const start = alike(lines, wanted)
  if (start !== undefined) {
    const shown = lines.slice(start, start + wanted.length).slice(0, 12)
    return `It differs only in white space from lines ${start + 1}-${start + wanted.length}:\n${shown.join('\n')}`
  }
  const anchor = wanted.find((line) => line.length > 3)
  const near = anchor === undefined ? [] : similarLines(lines, anchor)
  if (near.length === 0) return 'No line is like it; read the file again.'
  return `The nearest lines are:\n${near.map((index) => `${index + 1}\t${(lines[index] ?? '').slice(0, 200)}`).join('\n')}`
}

function alike(lines: readonly string[], wanted: readonly string[]): number | undefined {
  const trimmed = lines.map((line) => line.trim())
  const first = wanted[0] ?? ''
  for (let at = trimmed.indexOf(first); at !== -1; at = trimmed.indexOf(first, at + 1))
    if (wanted.every((line, offset) => trimmed[at + offset] === line)) return at
  return undefined
}

function similarLines(lines: readonly string[], anchor: string): readonly number[] {
  const words = wordsOf(anchor)
  if (words.size === 0) return []
  const scored = lines.map((line, index) => ({ index, score: overlap(words, wordsOf(line)) }))
  return scored
    .filter(({ score }) => score >= 0.5)
    .toSorted((left, right) => right.score - left.score)
    .slice(0, 3)
    .map(({ index }) => index)
}

const wordsOf = (line: string): ReadonlySet<string> => new Set(line.slice(0, 500).match(/\w+/g))

function overlap(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  if (right.size === 0) return 0
  const shared = [...left].filter((word) => right.has(word)).length
  return shared / Math.max(left.size, right.size)
}
