import { join } from 'node:path'
import { readAccessRules } from '#control-plane/identity'
import type { AccessRule } from '#domain/identity'
import { GanderError } from '#domain/failure'
import { textOf } from './text-of.ts'

/** The circumstances that GANDER_HOME/access.yaml asks for. @throws GanderError `access_rules_invalid` */
export async function openAccessRules(home: string): Promise<readonly AccessRule[]> {
  const source = await textOf(join(home, 'access.yaml')).catch((error: unknown) => {
    throw new GanderError('access_rules_invalid', 'access.yaml cannot be read.', { cause: error })
  })
  const read = readAccessRules(source)
  if (!read.ok) throw new GanderError('access_rules_invalid', read.refusal)
  return read.value
}
