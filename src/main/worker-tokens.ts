import { createHash } from 'node:crypto'
import { createIdentities, type Database } from '#adapters/postgres'
import { LOCAL_TENANT } from '#domain/ids'
import { identifiers } from './system-clock.ts'

/** How long a worker's token is believed without asking again; one that was revoked opens nothing after that. */
const TOKEN_MS = 5_000
const MOST_TOKENS = 1_000

/** Tells whose calls a worker's token is good for: those of its tenant, or of all for the installation's own workers. */
export function workerTokens(database: Database): (token: string) => Promise<string | undefined> {
  const identities = createIdentities({ database, identifiers })
  const known = new Map<string, { readonly tenant: string | undefined; readonly until: number }>()
  return async (token) => {
    // Found by a hash, so that nothing is learnt from how long a comparison takes.
    const key = createHash('sha256').update(token).digest('hex')
    const found = known.get(key)
    if (found !== undefined && found.until > Date.now()) return found.tenant
    const principal = await identities.authenticate(token)
    const own = principal?.tenant_id === LOCAL_TENANT ? 'all' : principal?.tenant_id
    const tenant = principal?.kind === 'worker' ? own : undefined
    if (known.size >= MOST_TOKENS) known.clear()
    known.set(key, { tenant, until: Date.now() + TOKEN_MS })
    return tenant
  }
}
