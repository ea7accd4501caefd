import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { Permission, Principal, PrincipalKind, RoleGrant } from '#domain/identity'
import type { TenantId } from '#domain/ids'
import type { Identifiers, Identities, PrincipalRecord, TokenRecord } from '#ports'
import type { PoolClient } from 'pg'
import type { Database } from '../database/open-database.ts'
import { eventRows } from './ledger-events.ts'
import { inTransaction, plain, query, type StoreContext } from './store-context.ts'

interface PrincipalRow {
  readonly tenant_id: TenantId
  readonly id: string
  readonly kind: PrincipalKind
  readonly name: string
  readonly oidc_issuer: string | null
  readonly oidc_subject: string | null
  readonly grants: readonly RoleGrant[]
  readonly disabled_at: string | null
}

interface TokenRow extends PrincipalRow {
  readonly token_id: string
  readonly secret_hash: string
  readonly scopes: readonly Permission[] | null
}

const COLUMNS = 'p.tenant_id, p.id, p.kind, p.name, p.oidc_issuer, p.oidc_subject, p.grants, p.disabled_at'
const BY_TOKEN = {
  name: 'principal_of_token',
  text: `select ${COLUMNS}, t.id as token_id, t.secret_hash, t.scopes
    from gander.api_token t join gander.principal p on p.tenant_id = t.tenant_id and p.id = t.principal_id
    join gander.tenant n on n.tenant_id = t.tenant_id
    where t.id = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > clock_timestamp())
      and p.disabled_at is null and n.closed_at is null`,
}
/** At most once a minute, so that reading stays reading. */
const USED = {
  name: 'token_used',
  text: `update gander.api_token set last_used_at = clock_timestamp() where id = $1
    and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`,
}
const BY_OIDC = {
  name: 'principal_of_subject',
  text: `select ${COLUMNS} from gander.principal p join gander.tenant n on n.tenant_id = p.tenant_id
    where p.oidc_issuer = $1 and p.oidc_subject = $2 and p.disabled_at is null and n.closed_at is null`,
}
const ALL = { name: 'principals', text: `select ${COLUMNS} from gander.principal p where tenant_id = $1 order by name` }
const TOKEN_COLUMNS = 'id, principal_id, label, scopes, created_at, expires_at, last_used_at, revoked_at'
const TOKENS = {
  name: 'tokens_of_principal',
  text: `select ${TOKEN_COLUMNS} from gander.api_token where tenant_id = $1 and principal_id = $2 order by id`,
}
const CREATE = {
  name: 'create_principal',
  text: `insert into gander.principal as p (tenant_id, id, kind, name, oidc_issuer, oidc_subject, grants)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning ${COLUMNS}`,
}
const SET_GRANTS = {
  name: 'set_grants',
  text: `update gander.principal p set grants = $3 where tenant_id = $1 and id = $2 returning ${COLUMNS}`,
}
const DISABLE = {
  name: 'disable_principal',
  text: `update gander.principal p set disabled_at = coalesce(disabled_at, clock_timestamp())
    where tenant_id = $1 and id = $2 returning ${COLUMNS}`,
}
const ISSUE = {
  name: 'issue_token',
  text: `insert into gander.api_token (tenant_id, id, principal_id, label, secret_hash, scopes, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7) returning ${TOKEN_COLUMNS}`,
}
const REVOKE = {
  name: 'revoke_token',
  text: `update gander.api_token set revoked_at = coalesce(revoked_at, clock_timestamp())
    where tenant_id = $1 and id = $2 returning ${TOKEN_COLUMNS}`,
}
const APPEND = { name: 'append_tenant_events', text: 'select gander.append_events($1, null, null, $2)' }

/** Principals and tokens in PostgreSQL; every change leaves its event in the tenant's chain, in the same transaction. */
export function createIdentities(parts: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): Identities {
  const store: StoreContext = { pool: parts.database.pool, identifiers: parts.identifiers, sha256 }
  const changed = <Row extends object>(tenant: TenantId, by: string, change: Change<Row>) =>
    recorded(store, tenant, by, change)
  return {
    authenticate: (token) => authenticate(store, token),
    byOidc: async (issuer, subject) => {
      const [row] = await query<PrincipalRow>(store.pool, BY_OIDC, [issuer, subject])
      return row === undefined ? undefined : principalOf(row, null)
    },
    principals: async (tenant) => (await query<PrincipalRow>(store.pool, ALL, [tenant])).map(recordOf),
    create: async ({ tenant_id, kind, name, oidc, grants }, by) => {
      const id = store.identifiers.make('principal')
      const values = [tenant_id, id, kind, plain(name), oidc?.issuer, oidc?.subject, JSON.stringify(grants)]
      const event = {
        event: 'principal_created',
        facts: { principal: id, kind, name, grants: listed(grants) },
      } as const
      const absent = refused(`There is a principal ${name} already.`)
      return recordOf(await changed<PrincipalRow>(tenant_id, by, { statement: CREATE, values, event, absent }))
    },
    setGrants: async (tenant, principal, grants, by) => {
      const event = { event: 'principal_granted', facts: { principal, grants: listed(grants) } } as const
      const values = [tenant, principal, JSON.stringify(grants)]
      const absent = unknown('principal', principal)
      return recordOf(await changed<PrincipalRow>(tenant, by, { statement: SET_GRANTS, values, event, absent }))
    },
    disable: async (tenant, principal, by) => {
      const event = { event: 'principal_disabled', facts: { principal } } as const
      const absent = unknown('principal', principal)
      const values = [tenant, principal]
      return recordOf(await changed<PrincipalRow>(tenant, by, { statement: DISABLE, values, event, absent }))
    },
    tokens: (tenant, principal) => query<TokenRecord>(store.pool, TOKENS, [tenant, principal]),
    issue: async (tenant, principal, { label, scopes, expires_at }, by) => {
      const { id, secret, token } = makeToken(store.identifiers)
      const event = { event: 'token_issued', facts: { principal, token: id, expires_at } } as const
      const limits = [scopes === null ? null : JSON.stringify(scopes), expires_at]
      const values = [tenant, id, principal, plain(label), sha256(secret), ...limits]
      const absent = unknown('principal', principal)
      return { token, record: await changed<TokenRecord>(tenant, by, { statement: ISSUE, values, event, absent }) }
    },
    revoke: async (tenant, token, by) => {
      const event = { event: 'token_revoked', facts: { token } } as const
      const absent = unknown('token', token)
      return changed<TokenRecord>(tenant, by, { statement: REVOKE, values: [tenant, token], event, absent })
    },
  }
}

interface Change<_Row> {
  readonly statement: { readonly name: string; readonly text: string }
  readonly values: readonly unknown[]
  readonly event: EventDraft
  /** Thrown where the statement meets no row. */
  readonly absent: GanderError
}

async function recorded<Row extends object>(
  store: StoreContext,
  tenant: TenantId,
  by: string,
  { statement, values, event, absent }: Change<Row>,
): Promise<Row> {
  return inTransaction(store.pool, async (client: PoolClient) => {
    const [row] = await query<Row>(client, statement, values)
    if (row === undefined) throw absent
    const actor = { actor_type: 'person', actor: by } as const
    await query(client, APPEND, [tenant, eventRows(store, [{ resource_type: 'tenant', ...event }], tenant, actor)])
    return row
  })
}

/** `gnd_`, the token's own identifier, and 32 random bytes: found by the first, proved by the second. */
const TOKEN = /^gnd_(tok_[0-9a-hjkmnp-tv-z]{26})_([\w-]{43})$/

function makeToken(identifiers: Identifiers) {
  const id = identifiers.make('token')
  const secret = randomBytes(32).toString('base64url')
  return { id, secret, token: `gnd_${id}_${secret}` }
}

async function authenticate(store: StoreContext, token: string): Promise<Principal | undefined> {
  const [, id, secret] = TOKEN.exec(token) ?? []
  if (id === undefined || secret === undefined) return undefined
  const [row] = await query<TokenRow>(store.pool, BY_TOKEN, [id])
  if (row === undefined || !sameHash(row.secret_hash, sha256(secret))) return undefined
  await query(store.pool, USED, [id])
  return principalOf(row, row.scopes)
}

const sameHash = (kept: string, given: string): boolean => timingSafeEqual(Buffer.from(kept), Buffer.from(given))

const principalOf = (row: PrincipalRow, scopes: readonly Permission[] | null): Principal => ({
  tenant_id: row.tenant_id,
  id: row.id,
  kind: row.kind,
  name: row.name,
  grants: row.grants,
  scopes,
})

const recordOf = ({ oidc_issuer, oidc_subject, ...row }: PrincipalRow): PrincipalRecord => ({
  ...row,
  oidc: oidc_issuer === null || oidc_subject === null ? null : { issuer: oidc_issuer, subject: oidc_subject },
})

const listed = (grants: readonly RoleGrant[]) => grants.map(({ role, repository }) => ({ role, repository }))
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const unknown = (what: string, id: string) => new GanderError('principal_not_found', `There is no ${what} ${id}.`)
const refused = (message: string) => new GanderError('principal_exists', message)
