import type { Finding } from '#domain/gate'
import type { ChangedFile } from '../changed-file.ts'
import { languageOf } from '#syntax'
import { isTestFile } from '#execution-plane/test-integrity'
import { exportedDeclarations, type ExportedDeclaration } from './exported-declarations.ts'

/** What became of the declarations that changed files offer to others. */
export interface ApiComparison {
  /** Declarations of the base that were compared. */
  readonly compared: number
  readonly added: number
  /** Sources whose declarations could not be read. */
  readonly unread: number
  /** Removed and changed ones, as warnings. */
  readonly findings: readonly Finding[]
}

interface Compared {
  readonly path: string
  readonly before: readonly ExportedDeclaration[]
  readonly after: readonly ExportedDeclaration[]
}

/** Where no constraint speaks of the API, sources of so many bytes are compared: parsing takes 1 to 4 s a megabyte. */
const MOST_UNASKED = 120_000

/**
 * Compares what changed sources export, the first `most` bytes of them; what is left over is counted as unread. Tests
 * offer nothing; a declaration that moved to another file is still there.
 */
export async function compareApi(files: readonly ChangedFile[], most = MOST_UNASKED): Promise<ApiComparison> {
  const compared: Compared[] = []
  let unread = 0
  let bytes = 0
  for (const { change, before, after } of files) {
    if (isTestFile(change.path)) continue
    bytes += (before?.bytes.length ?? 0) + (after?.bytes.length ?? 0)
    if (bytes > most) {
      unread += languageOf(change.path) === undefined ? 0 : 1
      continue
    }
    const [old, now] = [await declarationsOf(change.path, before), await declarationsOf(change.path, after)]
    if (old === 'unread' || now === 'unread') unread += 1
    else if (old !== undefined || now !== undefined)
      compared.push({ path: change.path, before: old ?? [], after: now ?? [] })
  }
  const there = new Set(compared.flatMap(({ after }) => after.map(({ name, signature }) => `${name} ${signature}`)))
  const findings = compared.flatMap((file) => differences(file, there))
  const count = (side: 'before' | 'after') => compared.reduce((sum, file) => sum + file[side].length, 0)
  const removed = findings.filter(({ rule }) => rule === 'api.removed').length
  return { compared: count('before'), added: Math.max(0, count('after') - count('before') + removed), unread, findings }
}

async function declarationsOf(path: string, content: ChangedFile['after']) {
  if (content?.lines === undefined) return undefined
  return exportedDeclarations(path, content.lines.join('\n')).catch(() => 'unread' as const)
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
