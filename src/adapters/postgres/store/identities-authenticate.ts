import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Permission, Principal } from '#domain/identity'
import type { TenantId } from '#domain/ids'
import type { Identifiers, Subject } from '#ports'
import type { Pool } from 'pg'
import { PRINCIPAL_COLUMNS, principalOf, type PrincipalRow } from './principal-rows.ts'
import { inTenant, plain, query } from './store-context.ts'

interface TokenRow extends PrincipalRow {
  readonly secret_hash: string
  readonly scopes: readonly Permission[] | null
  readonly read_at: string
}

const BY_TOKEN = {
  name: 'principal_of_token',
  text: `select ${PRINCIPAL_COLUMNS}, t.secret_hash, t.scopes, clock_timestamp() as read_at
    from gander.api_token t join gander.principal p on p.tenant_id = t.tenant_id and p.id = t.principal_id
    join gander.tenant n on n.tenant_id = t.tenant_id
    where t.tenant_id = $1 and t.id = $2 and t.revoked_at is null
      and (t.expires_at is null or t.expires_at > clock_timestamp()) and p.disabled_at is null and n.closed_at is null`,
}
/** At most once a minute, so that reading stays reading. */
const USED = {
  name: 'token_used',
  text: `update gander.api_token set last_used_at = clock_timestamp() where tenant_id = $1 and id = $2
    and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`,
}
const BY_OIDC = {
  name: 'principal_of_subject',
  text: `select ${PRINCIPAL_COLUMNS}, n.closed_at, clock_timestamp() as read_at
    from gander.principal p join gander.tenant n on n.tenant_id = p.tenant_id
    where p.tenant_id = $1 and p.oidc_issuer = $2 and p.oidc_subject = $3`,
}
const TAKE = {
  name: 'take_nonce',
  text: `insert into gander.sign_in (tenant_id, issuer, nonce) values ($1, $2, $3)
    on conflict do nothing returning nonce`,
}

/** `gnd_`, the tenant, the token's own identifier and 32 random bytes: found by the first two, proved by the last. */
const TOKEN = /^gnd_([0-9a-z]{1,32})_([0-9a-hjkmnp-tv-z]{26})_([\w-]{43})$/

/** A new token of a tenant; only the hash of its secret is ever kept. */
export function makeToken(identifiers: Identifiers, tenant: TenantId) {
  const id = identifiers.make('token')
  const secret = randomBytes(32).toString('base64url')
  return { id, secret_hash: sha256(secret), token: `gnd_${tenant.slice(4)}_${id.slice(4)}_${secret}` }
}

/** Who the token speaks for now. */
export async function authenticate(pool: Pool, token: string): Promise<Principal | undefined> {
  const [, tenant_name, token_name, secret] = TOKEN.exec(token) ?? []
  if (tenant_name === undefined || secret === undefined) return undefined
  const tenant = `ten_${tenant_name}` as TenantId
  const id = `tok_${token_name}`
  return inTenant(pool, tenant, async (client) => {
    const [row] = await query<TokenRow>(client, BY_TOKEN, [tenant, id])
    if (row === undefined || !sameHash(row.secret_hash, sha256(secret))) return undefined
    await query(client, USED, [tenant, id])
    return principalOf(row, row.scopes)
  })
}

/** The person of a sign-in. */
export function ofSubject(
  pool: Pool,
  { tenant_id, issuer, subject }: Subject,
): Promise<Principal | 'disabled' | undefined> {
  return inTenant(pool, tenant_id, async (client) => {
    const [row] = await query<PrincipalRow & { readonly closed_at: string | null; readonly read_at: string }>(
      client,
      BY_OIDC,
      [tenant_id, plain(issuer), plain(subject)],
    )
    if (row === undefined) return undefined
    return row.disabled_at === null && row.closed_at === null ? principalOf(row, null) : 'disabled'
  })
}

/** Takes a nonce once. */
export const takeNonce = (pool: Pool, { tenant_id, issuer }: Omit<Subject, 'subject'>, nonce: string) =>
  inTenant(
    pool,
    tenant_id,
    async (client) => (await query(client, TAKE, [tenant_id, plain(issuer), plain(nonce)])).length === 1,
  )

const sameHash = (kept: string, given: string): boolean => timingSafeEqual(Buffer.from(kept), Buffer.from(given))
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
