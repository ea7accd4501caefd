import { z } from 'zod'
import { ok, refuse, type Result } from '#domain/result'
import { applyHunks } from '../apply-hunks.ts'
import { classOfText } from '../content-class.ts'
import { counted } from '../excerpt.ts'
import { filePath, fileProblem } from '../path-argument.ts'
import {
  defineTool,
  failure,
  hopeless,
  invalid,
  prepared,
  type ChangedFile,
  type Problem,
  type ToolContext,
  type ToolRun,
} from '../tool.ts'
import { readPatch, type FilePatch } from '../unified-diff.ts'
import { missingFile } from './file-read.ts'
import { lookAt, MAX_WRITTEN, worst, type Before } from './file-write.ts'

const MAX_FILES = 200

/** Applies a unified diff to all its files, or to none. */
export const fileApplyPatch = defineTool({
  name: 'file_apply_patch',
  version: '1.0.0',
  description: 'Apply a unified diff: all of it or nothing. Creates and deletes files with /dev/null.',
  schema: z.strictObject({
    patch: z
      .string()
      .min(1)
      .max(2 * MAX_WRITTEN),
  }),
  async prepare({ patch }, context) {
    const read = readPatch(patch)
    if (!read.ok) return refuse(invalid(`file_apply_patch: ${read.refusal}`))
    const checked = checkTargets(read.value)
    if (!checked.ok) return checked
    const tried = await tryAll(read.value, context)
    if (!tried.ok) return hopeless(read.value.map(targetOf), tried.refusal)
    return prepared({
      paths: tried.value.map(({ path }) => path),
      facts: { content_class: worst(...tried.value.map(({ content_class }) => content_class)) },
      act: () => applyAll(tried.value, context),
    })
  },
})

const targetOf = ({ old_path, new_path }: FilePatch): string => new_path ?? old_path ?? ''

function checkTargets(files: readonly FilePatch[]): Result<null, Problem> {
  if (files.length > MAX_FILES) return refuse(invalid(`a patch of more than ${MAX_FILES} files; split it`))
  const seen = new Set<string>()
  for (const file of files) {
    for (const name of [file.old_path, file.new_path]) {
      const path = name === null ? undefined : filePath(name)
      if (path?.ok === false) return path
    }
    if (file.old_path !== null && file.new_path !== null && file.old_path !== file.new_path)
      return refuse(invalid(`${file.old_path} and ${file.new_path} differ; delete the one file and create the other`))
    if (file.new_mode !== undefined && ![0o100644, 0o100755].includes(file.new_mode))
      return refuse(invalid(`${targetOf(file)}: only regular files are made, not mode ${file.new_mode.toString(8)}`))
    if (seen.has(targetOf(file))) return refuse(invalid(`${targetOf(file)} stands in the patch twice; join its hunks`))
    seen.add(targetOf(file))
  }
  return ok(null)
}

/** What would become of one file; `content` null means that it is deleted. */
interface Planned {
  readonly path: string
  readonly before: Before
  readonly content: string | null
  readonly mode: number | undefined
  readonly content_class: ReturnType<typeof classOfText>
}

/** The dry run: every hunk of every file must fit before anything is written. */
async function tryAll(files: readonly FilePatch[], context: ToolContext): Promise<Result<readonly Planned[], Problem>> {
  const planned: Planned[] = []
  const defects: Problem[] = []
  for (const file of files) {
    const tried = await tryOne(file, context)
    if (tried.ok) planned.push(tried.value)
    else defects.push(tried.refusal)
  }
  const [first] = defects
  if (first === undefined) return ok(planned)
  const told = defects.slice(0, 6).map(({ message }) => message)
  return refuse({ ...first, message: `Nothing was applied. ${told.join('\n')}` })
}

async function tryOne(file: FilePatch, context: ToolContext): Promise<Result<Planned, Problem>> {
  const path = targetOf(file)
  const before = await lookAt(path, context)
  if ('rule' in before) return refuse(before)
  if (file.old_path === null && before.sha256 !== null)
    return refuse(failure('path.exists', `${path} exists already; patch it as it is.`))
  if (file.old_path !== null && before.sha256 === null) return refuse(await missingFile(path, context))
  if (before.content_class === 'not_utf8')
    return refuse(failure('file.not_utf8', `${path} is not UTF-8 text; change it with a command (shell_exec).`))
  const mode = file.new_mode === undefined ? undefined : file.new_mode & 0o777
  if (before.content_class === 'binary')
    return ok({ path, before, content: before.text, mode, content_class: 'binary' })
  const applied = applyHunks(before.text, file.hunks)
  if (!applied.ok) return refuse(await misfit(file, before, applied.refusal, context))
  if (file.new_path === null && applied.value !== '')
    return refuse(failure('patch.hunk', `${path} is to be deleted, but its hunks leave lines; remove all of them.`))
  const content_class = worst(before.content_class, classOfText(applied.value))
  return ok({ path, before, content: file.new_path === null ? null : applied.value, mode, content_class })
}

/** Said over the redacted text: a refusal quotes lines, and half a secret is not known as one. */
async function misfit(file: FilePatch, { text }: Before, reason: string, context: ToolContext): Promise<Problem> {
  const shown = await context.redact(text)
  const again = shown === text ? refuse(reason) : applyHunks(shown, file.hunks)
  return failure(
    'patch.hunk',
    `${targetOf(file)}: ${again.ok ? 'a hunk does not fit; read the file again' : again.refusal}.`,
  )
}

async function applyAll(planned: readonly Planned[], context: ToolContext): Promise<ToolRun> {
  const done: Planned[] = []
  const changed: ChangedFile[] = []
  for (const entry of planned) {
    const after = await applyOne(entry, context)
    if (!after.ok) {
      const left = await undo(done, context)
      const message = `Nothing was applied. ${after.refusal.message}${left === '' ? '' : ` Could not be put back: ${left}.`}`
      return { text: message, problem: { ...after.refusal, message }, changed: left === '' ? [] : 'unknown' }
    }
    done.push(entry)
    changed.push({ path: entry.path, before: entry.before.sha256, after: after.value })
  }
  return { text: `applied to ${counted(changed.length, 'file')}:\n${planned.map(line).join('\n')}`, changed }
}

async function applyOne(entry: Planned, context: ToolContext): Promise<Result<string | null, Problem>> {
  const { path, before, content, mode } = entry
  if (content === null) {
    const gone = await context.files.delete(path, before.sha256 ?? undefined)
    return gone.ok ? ok(null) : refuse(fileProblem(gone.refusal))
  }
  const written = await context.files.write(path, new TextEncoder().encode(content), {
    expected_sha256: before.sha256,
    ...(mode === undefined ? {} : { mode }),
  })
  return written.ok ? ok(written.value.sha256) : refuse(fileProblem(written.refusal))
}

/** Puts back what was already written; gives the paths where that failed. */
async function undo(done: readonly Planned[], context: ToolContext): Promise<string> {
  const failed: string[] = []
  for (const { path, before } of done.toReversed()) {
    const back =
      before.sha256 === null
        ? await context.files.delete(path)
        : await context.files.write(path, new TextEncoder().encode(before.text), { mode: before.mode })
    if (!back.ok) failed.push(path)
  }
  return failed.join(', ')
}

function line({ path, before, content }: Planned): string {
  if (content === null) return `${path} (deleted)`
  return before.sha256 === null ? `${path} (created)` : path
}
