import { createHash } from 'node:crypto'
import { z } from 'zod'
import { classOfText, readContent, type ContentClass } from '../content-class.ts'
import { counted } from '../excerpt.ts'
import { filePath, fileProblem } from '../path-argument.ts'
import {
  defineTool,
  failedRun,
  failure,
  hopeless,
  prepared,
  type Problem,
  type ToolContext,
  type ToolRun,
} from '../tool.ts'
import { linesOf, MAX_FILE_BYTES } from './file-read.ts'

/** The most characters that one call writes. */
export const MAX_WRITTEN = 500_000

const schema = z.strictObject({
  path: z.string().max(4096),
  content: z.string().max(MAX_WRITTEN),
  expected_sha256: hashPrefix().optional(),
})

/** Writes a whole file. */
export const fileWrite = defineTool({
  name: 'file_write',
  version: '1.0.0',
  description: 'Create a file or replace all of it.',
  schema,
  async prepare(args, context) {
    const path = filePath(args.path)
    if (!path.ok) return path
    const before = await lookAt(path.value, context)
    if ('rule' in before) return hopeless([path.value], before)
    const stale = staleness(path.value, before, args.expected_sha256)
    if (stale !== undefined) return hopeless([path.value], stale)
    return prepared({
      paths: [path.value],
      facts: { content_class: worst(before.content_class, classOfText(args.content)) },
      act: () => write(path.value, args.content, before, context),
    })
  },
})

/** A hash as `file_read` shows it, or the whole of it. */
export function hashPrefix() {
  return z.string().regex(/^[0-9a-f]{12,64}$/, 'must be the sha256 that file_read showed (12 to 64 hex digits)')
}

/** What stands at a path before it is written; `sha256` is null where nothing does. */
export interface Before {
  readonly sha256: string | null
  readonly content_class: ContentClass
  readonly text: string
  readonly mode: number
}

/** Looks at a file that is about to be written over; a path that can't be written is the problem. */
export async function lookAt(path: string, context: ToolContext): Promise<Before | Problem> {
  const read = await context.files.read(path, MAX_FILE_BYTES)
  if (read.ok) {
    const { content_class, text } = readContent(read.value.bytes)
    return { sha256: read.value.sha256, content_class, text, mode: read.value.mode }
  }
  if (read.refusal.rule === 'path.not_found') return { sha256: null, content_class: 'text', text: '', mode: 0o644 }
  return fileProblem(read.refusal)
}

/** The problem with a hash that is not the file's, if it is one. */
export function staleness(path: string, before: Before, expected: string | undefined): Problem | undefined {
  if (expected === undefined || before.sha256?.startsWith(expected) === true) return undefined
  if (before.sha256 === null) return failure('file.stale', `${path} does not exist, so expected_sha256 can't hold.`)
  return failure('file.stale', `${path} has changed: its sha256 is ${before.sha256.slice(0, 16)}. Read it again.`)
}

/** The class that rules are asked about: of what is there and what would be. */
export const worst = (...classes: readonly ContentClass[]): ContentClass =>
  classes.find((entry) => entry === 'binary') ?? classes.find((entry) => entry !== 'text') ?? 'text'

async function write(path: string, content: string, before: Before, context: ToolContext): Promise<ToolRun> {
  if (before.sha256 === sha256(content)) return { text: `${path} has this content already; nothing was written.` }
  const isScript = before.sha256 === null && content.startsWith('#!')
  const options = isScript ? { mode: 0o755 } : {}
  const bytes = new TextEncoder().encode(content)
  const written = await context.files.write(path, bytes, { ...options, expected_sha256: before.sha256 })
  if (!written.ok) return failedRun(fileProblem(written.refusal))
  const verb = written.value.created ? 'created' : 'replaced'
  return {
    text: `${verb} ${path}: ${counted(linesOf(content).length, 'line')}, sha256 ${written.value.sha256.slice(0, 16)}`,
    changed: [{ path, before: before.sha256, after: written.value.sha256 }],
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')
