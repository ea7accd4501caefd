import { z } from 'zod'
import type { TreeEntry } from '#ports'
import { counted } from '../excerpt.ts'
import { compileGlob } from '../glob.ts'
import { folderPath } from '../path-argument.ts'
import { defineTool, failedRun, failure, invalid, prepared, type ToolContext, type ToolRun } from '../tool.ts'
import { refuse } from '#domain/result'

const MAX_SHOWN = 400
const IGNORED = new Set(['node_modules', '.git'])

/** Lists the files of the tree as it would be proposed: what the repository ignores is not in it. */
export const fileList = defineTool({
  name: 'file_list',
  version: '1.0.0',
  description: 'List files below path; glob such as *.ts or src/**/*.py.',
  schema: z.strictObject({ path: z.string().max(4096).optional(), glob: z.string().max(300).optional() }),
  async prepare(args, context) {
    const folder = folderPath(args.path)
    if (!folder.ok) return folder
    const glob = args.glob === undefined || args.glob === '' ? undefined : compileGlob(args.glob)
    if (glob !== undefined && !glob.ok) return refuse(invalid(`file_list: ${glob.refusal}`))
    const paths = folder.value === '' ? [] : [folder.value]
    return prepared({ paths, act: () => list(folder.value, glob?.value, context) })
  },
})

async function list(
  folder: string,
  matches: ((path: string) => boolean) | undefined,
  context: ToolContext,
): Promise<ToolRun> {
  const all = await context.host.repository.listFiles(context.host.tree())
  const prefix = folder === '' ? '' : `${folder}/`
  const below = all.filter(({ path }) => path.startsWith(prefix))
  const asked = folder.split('/').some((part) => IGNORED.has(part))
  const seen = asked ? below : below.filter(({ path }) => !path.split('/').some((part) => IGNORED.has(part)))
  const place = folder === '' ? 'the repository' : folder
  if (seen.length === 0) return empty(folder, all, context)
  if (matches !== undefined) {
    const found = seen.filter(({ path }) => matches(path.slice(prefix.length)))
    return { text: render(`${counted(found.length, 'file')} in ${place} match`, found.map(line)) }
  }
  const lines = seen.length <= MAX_SHOWN / 2 ? seen.map(line) : levels(seen, prefix)
  return { text: render(`${counted(seen.length, 'file')} in ${place}`, lines) }
}

async function empty(folder: string, all: readonly TreeEntry[], context: ToolContext): Promise<ToolRun> {
  if (all.some(({ path }) => path === folder)) return { text: `${folder} is a file; read it with file_read.` }
  const stat = folder === '' ? undefined : await context.files.stat(folder)
  if (folder === '' || (stat?.ok === true && stat.value.kind === 'folder'))
    return { text: `${folder === '' ? 'The repository' : folder} holds no files but ignored ones, if any.` }
  return failedRun(failure('path.not_found', `There is no folder ${folder}. List its parent to see what there is.`))
}

const line = ({ path, mode, bytes }: TreeEntry): string =>
  mode === '120000'
    ? `${path} (link)`
    : mode === '160000'
      ? `${path} (submodule)`
      : bytes > 100_000
        ? `${path} (${Math.round(bytes / 1000)} kB)`
        : path

/** Too many to show all: folders with their counts, two levels deep where that fits, else one. */
function levels(entries: readonly TreeEntry[], prefix: string): readonly string[] {
  const two = folded(entries, prefix, 2)
  return two.length <= MAX_SHOWN ? two : folded(entries, prefix, 1)
}

function folded(entries: readonly TreeEntry[], prefix: string, depth: number): readonly string[] {
  const folders = new Map<string, number>()
  const files: string[] = []
  for (const entry of entries) {
    const parts = entry.path.slice(prefix.length).split('/')
    if (parts.length <= depth) files.push(line(entry))
    else {
      const folder = `${prefix}${parts.slice(0, depth).join('/')}/`
      folders.set(folder, (folders.get(folder) ?? 0) + 1)
    }
  }
  return [...files, ...[...folders].map(([folder, count]) => `${folder} (${counted(count, 'file')})`)].sort()
}

function render(title: string, lines: readonly string[]): string {
  const more = lines.length > MAX_SHOWN ? [`[${lines.length - MAX_SHOWN} more; narrow path or glob]`] : []
  return [`${title}:`, ...lines.slice(0, MAX_SHOWN), ...more].join('\n')
}
