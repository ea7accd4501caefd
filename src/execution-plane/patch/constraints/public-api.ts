import type { Finding, NotRead } from '#domain/gate'
import { isSourcePath } from '#domain/path'
import { addedLines, removedLines, type ChangedFile } from '../changed-file.ts'
import { isTestFile } from '#execution-plane/test-integrity'
import { exportedDeclarations, hasReader, type ExportedDeclaration } from './exported-declarations.ts'

/** What became of the declarations that changed files offer to others. */
export interface ApiComparison {
  /** Declarations of the base that were compared. */
  readonly compared: number
  readonly added: number
  /** Sources whose declarations were not compared, and why; every one of them is named. */
  readonly not_read: readonly NotRead[]
  /** Removed and changed ones, as warnings. */
  readonly findings: readonly Finding[]
}

interface Compared {
  readonly path: string
  readonly before: readonly ExportedDeclaration[]
  readonly after: readonly ExportedDeclaration[]
}

/**
 * Where no constraint speaks of the API, sources of so many bytes are compared, both sides counted: parsing takes 0.6 to
 * 4 s a megabyte. A constraint is worth any time.
 */
const MOST_UNASKED = 200_000
/** What most languages declare with; a changed line that has one is likelier to change what a file offers. */
const DECLARES =
  /^\s*(?:export|public|protected|pub|abstract|static|async|def|class|interface|type|enum|struct|trait|impl|fn|func|function|const|let|var|module\.exports|exports\b)/

/**
 * Compares what changed sources export. Where `most` bytes are not enough for all, those whose changed lines declare
 * something come first, the smaller before the larger, and what is left over is named. Tests offer nothing; a
 * declaration that moved to another file is still there.
 */
export async function compareApi(files: readonly ChangedFile[], most = MOST_UNASKED): Promise<ApiComparison> {
  const compared: Compared[] = []
  const not_read: NotRead[] = []
  let bytes = 0
  for (const { change, before, after } of inOrder(files)) {
    const size = (before?.bytes.length ?? 0) + (after?.bytes.length ?? 0)
    const closed = !hasReader(change.path) ? 'no_reader' : bytes + size > most ? 'over_the_limit' : undefined
    if (closed !== undefined) {
      not_read.push({ path: change.path, reason: closed })
      continue
    }
    bytes += size
    const [old, now] = [await declarationsOf(change.path, before), await declarationsOf(change.path, after)]
    if (old === undefined || now === undefined) not_read.push({ path: change.path, reason: 'no_tree' })
    else compared.push({ path: change.path, before: old, after: now })
  }
  const there = new Set(compared.flatMap(({ after }) => after.map(({ name, signature }) => `${name} ${signature}`)))
  const findings = compared.flatMap((file) => differences(file, there))
  const count = (side: 'before' | 'after') => compared.reduce((sum, file) => sum + file[side].length, 0)
  const removed = findings.filter(({ rule }) => rule === 'api.removed').length
  return {
    compared: count('before'),
    added: Math.max(0, count('after') - count('before') + removed),
    not_read,
    findings,
  }
}

/** Sources that may offer something, the likeliest first. */
function inOrder(files: readonly ChangedFile[]): readonly ChangedFile[] {
  const sizeOf = ({ before, after }: ChangedFile) => (before?.bytes.length ?? 0) + (after?.bytes.length ?? 0)
  const declares = (file: ChangedFile) =>
    [...removedLines(file), ...addedLines(file)].some(({ text }) => DECLARES.test(text))
  return files
    .filter(({ change }) => isSourcePath(change.path) && !isTestFile(change.path))
    .map((file) => ({ file, late: declares(file) ? 0 : 1, size: sizeOf(file) }))
    .sort((one, other) => one.late - other.late || one.size - other.size)
    .map(({ file }) => file)
}

/** Of a side that is not there, or is no text: none. Undefined where there is no tree. */
async function declarationsOf(path: string, content: ChangedFile['after']) {
  if (content?.lines === undefined) return []
  return exportedDeclarations(path, content.lines.join('\n')).catch(() => undefined)
}

function differences({ path, before, after }: Compared, there: ReadonlySet<string>): readonly Finding[] {
  return before.flatMap(({ name, signature }): readonly Finding[] => {
    const same = after.filter((each) => each.name === name)
    if (same.some((each) => each.signature === signature) || there.has(`${name} ${signature}`)) return []
    const now = same.find((each) => !before.some((old) => old.name === name && old.signature === each.signature))
    if (now === undefined)
      return [
        finding('api.removed', { path }, `${name} is exported no longer; callers outside of the change would break`),
      ]
    const said = `${name} was \`${signature.slice(0, 120)}\` and is \`${now.signature.slice(0, 120)}\`; look at its callers`
    return [finding('api.changed', { path, line: now.line }, said)]
  })
}

const finding = (rule: string, at: { readonly path: string; readonly line?: number }, message: string): Finding => ({
  rule,
  ...at,
  message,
  severity: 'warning',
})
