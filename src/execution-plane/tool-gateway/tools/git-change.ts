import { z } from 'zod'
import { diffStat, type FileChange } from '#domain/change'
import { counted, excerpt } from '../excerpt.ts'
import { defineTool, prepared, type ToolContext, type ToolRun } from '../tool.ts'

const MAX_FILES = 300
const SHOWN = 18_000
const MARKS = { added: 'A', modified: 'M', deleted: 'D', type_changed: 'T' } as const

const schema = z.strictObject({})
const change = ({ host }: ToolContext) => host.repository.diff(host.repository.source.tree, host.tree())

/** Names what differs from the base commit. */
export const gitStatus = defineTool({
  name: 'git_status',
  version: '1.0.0',
  description: 'List the files changed so far.',
  schema,
  prepare: async (_args, context) => prepared({ paths: [], act: () => status(context) }),
})

async function status(context: ToolContext): Promise<ToolRun> {
  const { files } = await change(context)
  if (files.length === 0) return { text: 'Nothing is changed against the base commit.' }
  const { added, deleted } = diffStat(files)
  const more = files.length > MAX_FILES ? [`[${files.length - MAX_FILES} more files]`] : []
  const title = `${counted(files.length, 'file')} changed against the base commit, +${added} -${deleted}:`
  return { text: [title, ...files.slice(0, MAX_FILES).map(line), ...more].join('\n') }
}

const line = ({ path, kind, added_lines, deleted_lines }: FileChange): string =>
  `${MARKS[kind]} ${path} ${added_lines === null ? '(binary)' : `+${added_lines} -${deleted_lines ?? 0}`}`

/** Shows the change against the base commit as a unified diff. */
export const gitDiff = defineTool({
  name: 'git_diff',
  version: '1.0.0',
  description: 'Show the change so far as a unified diff.',
  schema,
  prepare: async (_args, context) => prepared({ paths: [], act: () => diff(context) }),
})

async function diff(context: ToolContext): Promise<ToolRun> {
  const { patch, files } = await change(context)
  if (files.length === 0) return { text: 'Nothing is changed against the base commit.' }
  if (patch.length <= SHOWN) return { text: patch }
  const full = await context.redact(patch)
  const kept = await context.keep('patch', 'git_diff.patch', full)
  const names = files.slice(0, 100).map(line).join('\n')
  const room = Math.max(4000, SHOWN - names.length)
  return { text: `${names}\n\n${excerpt(full, room, 0.9)}`, artifacts: [kept] }
}
