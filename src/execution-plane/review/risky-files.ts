import type { FileChange } from '#domain/change'
import type { RiskyFile } from '#domain/review'
import { kindOf, type FileKind } from './file-kinds.ts'

const SENSITIVE: readonly (readonly [RegExp, string])[] = [
  [/auth|login|session|oauth|passw|permission|\bacl\b|\brbac\b/i, 'decides who may do what'],
  [/crypt|cipher|signature|\btls\b|\bx509\b|certificate/i, 'protects data or proves identity'],
  [/payment|billing|invoice|checkout|ledger|payout/i, 'moves or counts money'],
  [
    /terraform|\.tf$|kubernetes|\bk8s\b|helm|Dockerfile|docker-compose|(?:^|\/)infra\//i,
    'decides where and how it runs',
  ],
]
const BY_KIND: { readonly [kind in FileKind]?: string } = {
  ci: 'runs with the rights of the build',
  dependencies: 'brings code of others in',
  schema: 'is a contract with data or callers that a revert does not undo',
}
/** Lines of one file that nobody reads in one go. */
const LARGE = 400

/** Files that deserve a closer look, the one with most reasons first. */
export function riskyFiles(files: readonly FileChange[]): readonly RiskyFile[] {
  return files
    .map((file) => ({ file: file.path, reasons: reasonsOf(file) }))
    .filter(({ reasons }) => reasons.length > 0)
    .sort((one, other) => other.reasons.length - one.reasons.length || one.file.localeCompare(other.file))
}

function reasonsOf({ path, kind, added_lines, deleted_lines, old_mode, new_mode }: FileChange): readonly string[] {
  const what = kindOf(path)
  const named = what === 'source' || what === 'configuration' ? SENSITIVE.filter(([name]) => name.test(path)) : []
  const of_kind = BY_KIND[what]
  const size = (added_lines ?? 0) + (deleted_lines ?? 0)
  return [
    ...named.map(([, why]) => why),
    ...(of_kind === undefined ? [] : [of_kind]),
    ...(what === 'source' && kind === 'deleted' ? ['is deleted'] : []),
    ...(size > LARGE ? [`${size} lines changed`] : []),
    ...(added_lines === null && kind !== 'deleted' ? ['is binary: no diff shows what changed'] : []),
    ...(old_mode !== null && new_mode !== null && old_mode !== new_mode ? [`its mode changes to ${new_mode}`] : []),
  ]
}
