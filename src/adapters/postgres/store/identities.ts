import { GanderError } from '#domain/failure'
import type { RoleGrant } from '#domain/identity'
import type { TenantId } from '#domain/ids'
import type { Identities, NewPrincipal, Page, PageWish, PrincipalRecord, RecordChange, TokenRecord } from '#ports'
import { authenticate, makeToken, ofSubject, takeNonce } from './identities-authenticate.ts'
import { keyOf, pageOf } from './pages.ts'
import { PRINCIPAL_COLUMNS, recordOf, type PrincipalRow } from './principal-rows.ts'
import { changedSince, changeRow, settingsContext, type SettingsParts } from './recorded-change.ts'
import { inTenant, plain, query, type StoreContext } from './store-context.ts'

const PAGE = {
  name: 'principals_page',
  text: `select ${PRINCIPAL_COLUMNS} from gander.principal p where tenant_id = $1 and ($2::text is null or id > $2)
    order by id limit $3`,
}
const ONE = {
  name: 'principal_of_tenant',
  text: `select ${PRINCIPAL_COLUMNS} from gander.principal p where tenant_id = $1 and id = $2`,
}
const NAMED = {
  name: 'principal_of_name',
  text: `select ${PRINCIPAL_COLUMNS} from gander.principal p where tenant_id = $1 and name = $2`,
}
const TOKEN_COLUMNS = 'id, principal_id, label, scopes, created_at, expires_at, last_used_at, revoked_at'
const TOKENS = {
  name: 'tokens_of_principal',
  text: `select ${TOKEN_COLUMNS} from gander.api_token where tenant_id = $1 and principal_id = $2 order by id`,
}
const CREATE = {
  name: 'create_principal',
  text: `insert into gander.principal as p (tenant_id, id, kind, name, oidc_issuer, oidc_subject, grants)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning ${PRINCIPAL_COLUMNS}`,
}
const SET_GRANTS = {
  name: 'set_grants',
  text: `update gander.principal p set grants = $4, version = version + 1
    where tenant_id = $1 and id = $2 and ($3::bigint is null or version = $3) returning ${PRINCIPAL_COLUMNS}`,
}
const NOTE_EMAIL = {
  name: 'note_email',
  text: `update gander.principal p set email = $4, version = version + 1
    where tenant_id = $1 and id = $2 and ($3::bigint is null or version = $3) returning ${PRINCIPAL_COLUMNS}`,
}
const DISABLE = {
  name: 'disable_principal',
  text: `update gander.principal p set disabled_at = coalesce(disabled_at, clock_timestamp()), version = version + 1
    where tenant_id = $1 and id = $2 and ($3::bigint is null or version = $3) returning ${PRINCIPAL_COLUMNS}`,
}
/** For those who are let in only: a token of somebody disabled would speak for nobody. */
const ISSUE = {
  name: 'issue_token',
  text: `insert into gander.api_token (tenant_id, id, principal_id, label, secret_hash, scopes, expires_at)
    select tenant_id, $2, id, $4, $5, $6, $7 from gander.principal
    where tenant_id = $1 and id = $3 and disabled_at is null returning ${TOKEN_COLUMNS}`,
}
const REVOKE = {
  name: 'revoke_token',
  text: `update gander.api_token set revoked_at = coalesce(revoked_at, clock_timestamp())
    where tenant_id = $1 and id = $2 returning ${TOKEN_COLUMNS}`,
}

/** Principals and tokens in PostgreSQL; every change leaves its event in the tenant's chain, in the same transaction. */
export function createIdentities(parts: SettingsParts): Identities {
  const store = settingsContext(parts)
  const { pool } = store
  return {
    authenticate: (token) => authenticate(pool, token),
    byOidc: (subject) => ofSubject(pool, subject),
    takeNonce: (subject, nonce) => takeNonce(pool, subject, nonce),
    principals: (tenant, page) => principalsPage(store, tenant, page),
    principal: (tenant, id) => onePrincipal(store, tenant, { statement: ONE, value: id }),
    named: (tenant, name) => onePrincipal(store, tenant, { statement: NAMED, value: name }),
    create: (principal, by) => createPrincipal(store, principal, by),
    setGrants: (...[tenant, principal, grants, change]) => {
      const event = { event: 'principal_granted', facts: { principal, grants: listed(grants) } } as const
      const given = JSON.stringify(grants)
      return changePrincipal(store, { tenant, principal, change }, { statement: SET_GRANTS, event, given })
    },
    noteEmail: (...[tenant, principal, email, change]) => {
      // The record says that it changed, and holds no address for ever.
      const email_sha256 = email === null ? null : store.sha256(email)
      const event = { event: 'principal_vouched', facts: { principal, email_sha256 } } as const
      const given = email === null ? null : plain(email)
      return changePrincipal(store, { tenant, principal, change }, { statement: NOTE_EMAIL, event, given })
    },
    disable: (tenant, principal, change) => {
      const event = { event: 'principal_disabled', facts: { principal } } as const
      return changePrincipal(store, { tenant, principal, change }, { statement: DISABLE, event })
    },
    tokens: (tenant, principal) =>
      inTenant(pool, tenant, (client) => query<TokenRecord>(client, TOKENS, [tenant, plain(principal)])),
    issue: (...[tenant, principal, wish, by]) => issueToken(store, { tenant, principal, by }, wish),
    revoke: (tenant, token, by) => {
      const event = { event: 'token_revoked', facts: { token } } as const
      const absent = () => unknown('token', token)
      const values = [tenant, plain(token)]
      return changeRow<TokenRecord>(store, tenant, by, { statement: REVOKE, values, event, absent })
    },
  }
}

async function principalsPage(store: StoreContext, tenant: TenantId, page: PageWish): Promise<Page<PrincipalRecord>> {
  const [after] = keyOf(page.cursor, ['string']) ?? [null]
  const values = [tenant, after, page.limit + 1]
  const rows = await inTenant(store.pool, tenant, (client) => query<PrincipalRow>(client, PAGE, values))
  return pageOf(rows, page, { item: recordOf, key: ({ id }) => [id] })
}

async function onePrincipal(
  store: StoreContext,
  tenant: TenantId,
  { statement, value }: { readonly statement: typeof ONE; readonly value: string },
): Promise<PrincipalRecord | undefined> {
  const [row] = await inTenant(store.pool, tenant, (client) =>
    query<PrincipalRow>(client, statement, [tenant, plain(value)]),
  )
  return row === undefined ? undefined : recordOf(row)
}

async function createPrincipal(
  store: StoreContext,
  { tenant_id, kind, name, oidc, grants }: NewPrincipal,
  by: string,
): Promise<PrincipalRecord> {
  const id = store.identifiers.make('principal')
  const subject = [oidc === null ? null : plain(oidc.issuer), oidc === null ? null : plain(oidc.subject)]
  const values = [tenant_id, id, kind, plain(name), ...subject, JSON.stringify(grants)]
  const facts = { principal: id, kind, name, grants: listed(grants) }
  const absent = () =>
    new GanderError('principal_exists', `There is a principal ${name} already, or one of that subject.`)
  const event = { event: 'principal_created', facts } as const
  return recordOf(await changeRow<PrincipalRow>(store, tenant_id, by, { statement: CREATE, values, event, absent }))
}

interface Target {
  readonly tenant: TenantId
  readonly principal: string
  readonly change: RecordChange
}

async function changePrincipal(
  store: StoreContext,
  { tenant, principal, change }: Target,
  {
    statement,
    event,
    given,
  }: {
    readonly statement: typeof ONE
    readonly event: Parameters<typeof changeRow>[3]['event']
    /** The fourth value of the statement; absent: it has three. */
    readonly given?: string | null
  },
): Promise<PrincipalRecord> {
  const values = [tenant, plain(principal), change.version ?? null, ...(given === undefined ? [] : [given])]
  const absent: Parameters<typeof changeRow>[3]['absent'] = async (client) => {
    const [there] = await query(client, ONE, [tenant, plain(principal)])
    return there === undefined ? unknown('principal', principal) : changedSince(`The principal ${principal}`)
  }
  return recordOf(await changeRow<PrincipalRow>(store, tenant, change.by, { statement, values, event, absent }))
}

async function issueToken(
  store: StoreContext,
  { tenant, principal, by }: { readonly tenant: TenantId; readonly principal: string; readonly by: string },
  { label, scopes, expires_at }: Parameters<Identities['issue']>[2],
) {
  const { id, secret_hash, token } = makeToken(store.identifiers, tenant)
  const event = { event: 'token_issued', facts: { principal, token: id, expires_at } } as const
  const limits = [scopes === null ? null : JSON.stringify(scopes), expires_at]
  const values = [tenant, id, plain(principal), plain(label), secret_hash, ...limits]
  const absent = () => unknown('principal', principal)
  return { token, record: await changeRow<TokenRecord>(store, tenant, by, { statement: ISSUE, values, event, absent }) }
}

const listed = (grants: readonly RoleGrant[]) =>
  grants.map(({ role, repository, until }) => ({ role, repository, ...(until === undefined ? {} : { until }) }))
const unknown = (what: string, id: string) => new GanderError('principal_not_found', `There is no ${what} ${id}.`)
