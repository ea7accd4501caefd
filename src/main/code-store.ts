import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createSegmentFolder } from '#execution-plane/code-index'
import type { TenantId } from '#domain/ids'

/** Where the code index of a tenant's repository is kept between runs; no tenant's is ever read for another. */
export const codeStoreOf = (home: string, tenant: TenantId) => (repository: string) => {
  const folder = createHash('sha256').update(`${tenant}\n${repository}`).digest('hex').slice(0, 32)
  return createSegmentFolder(join(home, 'cache', 'code', folder))
}
