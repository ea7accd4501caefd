import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { readDocument, shownProblems } from '#documents'
import { GanderError } from '#domain/failure'
import type { DependencyTerms } from '#ports'

const Terms = z.strictObject({
  min_age_days: z.int().min(0).max(3_650).optional(),
  internal: z.record(z.string().min(1), z.string().regex(/^[\w.-]+(?::\d+)?$/)).optional(),
  denied_licenses: z.array(z.string().min(1)).optional(),
})

/** What `GANDER_HOME/dependencies.yaml` says; nothing where there is no such file. @throws GanderError `dependency_rules_invalid` */
export async function readDependencyTerms(home: string): Promise<DependencyTerms> {
  const text = await readFile(join(home, 'dependencies.yaml'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new GanderError('dependency_rules_invalid', 'dependencies.yaml cannot be read.', { cause: error })
  })
  if (text === undefined) return {}
  const read = readDocument(text, Terms, { may_be_empty: true })
  if (!read.ok) throw new GanderError('dependency_rules_invalid', `dependencies.yaml: ${shownProblems(read.refusal)}`)
  const { min_age_days, internal, denied_licenses } = read.value
  return {
    ...(min_age_days !== undefined && { min_age_days }),
    ...(internal !== undefined && { internal }),
    ...(denied_licenses !== undefined && { denied_licenses }),
  }
}
