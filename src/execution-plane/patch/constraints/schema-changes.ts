import { posix } from 'node:path'
import type { Finding } from '#domain/gate'
import { isInterfacePath, isMigrationPath } from '#domain/path'
import { addedLines, removedLines, type ChangedFile } from '../changed-file.ts'

const SCHEMA = /\.(?:xsd|prisma)$|\.schema\.json$|(?:^|\/)schemas?(?:\/|[^/]*\.(?:json|rb|sql)$)/i
const CONFIGURATION =
  /(?:^|\/)(?:\.env(?:\.[\w.-]+)?|[\w.-]*(?:config|settings)[\w.-]*\.(?:ya?ml|json|toml|ini|properties|cfg|conf|py|[cm]?[jt]s)|application[\w.-]*\.(?:ya?ml|properties)|docker-compose[\w.-]*\.ya?ml|[\w.-]+\.(?:ini|conf|cfg|properties))$|(?:^|\/)(?:config|conf|settings)\//i
/** Statements that take away what programs of today rely on. */
const BREAKING_SQL =
  /\b(?:drop\s+(?:table|column|view|constraint|index|type|schema)|rename\s+(?:to|column)|alter\s+column|truncate|set\s+not\s+null)\b/i

/** True for a description of data or of an interface, or a step that changes a database. */
export const isSchema = (path: string): boolean => isInterfacePath(path) || SCHEMA.test(path) || isMigrationPath(path)

/** True for a file that says how a program is set up. */
export const isConfiguration = (path: string): boolean => CONFIGURATION.test(path)

/** What of a change of schemas would break whoever relies on them, as warnings. */
export function schemaFindings(files: readonly ChangedFile[]): readonly Finding[] {
  return files.filter(({ change }) => isSchema(change.path)).flatMap(ofSchema)
}

function ofSchema(file: ChangedFile): readonly Finding[] {
  const { path, kind } = file.change
  if (kind === 'deleted') return [warning('schema.removed', { path }, 'is removed; whoever relies on it would break')]
  if (isMigrationPath(path)) return ofMigration(file)
  const [gone] = removedLines(file).filter(
    ({ text }) => !/^\s*(?:$|\/\/|#|\*|\/\*|"""|description:|"description")/.test(text),
  )
  if (gone === undefined) return []
  const said = `no longer says \`${gone.text.trim().slice(0, 80)}\`; readers of what was written before may break`
  return [warning('schema.changed', { path, line: gone.line }, said)]
}

/** A migration that ran somewhere never runs again. */
function ofMigration(file: ChangedFile): readonly Finding[] {
  const { path, kind } = file.change
  if (kind !== 'added' && /\d/.test(posix.basename(path)))
    return [
      warning(
        'schema.migration_edited',
        { path },
        'is a migration that may have run already; add another one in its place',
      ),
    ]
  const breaking = addedLines(file).find(({ text }) => !/^\s*--/.test(text) && BREAKING_SQL.test(text))
  if (breaking === undefined) return []
  const said = `takes away or narrows what is stored: \`${breaking.text.trim().slice(0, 80)}\`; look at what still reads it`
  return [warning('schema.breaking_statement', { path, line: breaking.line }, said)]
}

const warning = (rule: string, at: { readonly path: string; readonly line?: number }, said: string): Finding => ({
  rule,
  ...at,
  message: `${at.path} ${said}`,
  severity: 'warning',
})
