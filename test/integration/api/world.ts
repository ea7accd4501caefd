import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createIdentities,
  createPolicyBundles,
  createProvenance,
  createRepositoryRecords,
  createRunQueries,
  createRunStore,
  createTenants,
} from '#adapters/postgres'
import { openTenant } from '#control-plane/identity'
import { createApi, type ApiParts } from '#api/server'
import { ROLES, type Permission, type Role } from '#domain/identity'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import { createRedactor } from '#evidence-plane/redaction'
import type { Identities, Platform, RunStore } from '#ports'
import { openRecords } from '../../../src/main/open-records.ts'
import { identifiers, startTestServer, type TestDatabase } from '../../support/database.ts'

/** An API that listens, over a real database; the platform's acts are the test's. */
export interface ApiWorld {
  readonly url: string
  readonly db: TestDatabase
  /** What the API reported as not foreseen. */
  readonly defects: readonly unknown[]
  readonly store: RunStore
  readonly identities: Identities
  /** A token of a new principal. */
  token(wish?: {
    readonly roles?: readonly Role[]
    readonly repository?: string
    readonly scopes?: readonly Permission[]
    readonly tenant?: TenantId
  }): Promise<string>
  ask(path: string, options?: RequestInit & { readonly token?: string }): Promise<Answer>
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string | null
  // What an API answers is looked at field by field.
  readonly body: Readonly<Record<string, never>> & { readonly [name: string]: never }
  readonly headers: Headers
}

export async function openApiWorld(
  platform: Partial<Platform> = {},
  parts: Partial<Pick<ApiParts, 'intake' | 'sign_in' | 'agent' | 'access'>> = {},
): Promise<ApiWorld> {
  const server = await startTestServer()
  const db = await server.database()
  const { database } = db
  const identities = createIdentities({ database, identifiers })
  const tenants = createTenants({ database, identifiers })
  const defects: unknown[] = []
  const home = await mkdtemp(join(tmpdir(), 'gander-api-'))
  const policy_bundles = createPolicyBundles({ database, identifiers })
  const api = createApi({
    platform: () => platform as Platform,
    queries: createRunQueries({ database }),
    artifacts: () => ({ get: async () => undefined }),
    identities,
    tenants,
    openTenant: (wish) => openTenant({ tenants, identities }, wish),
    repositories: createRepositoryRecords({ database, identifiers }),
    provenance: createProvenance({ database }),
    policies: policy_bundles,
    ...openRecords({
      settings: { home, version: '0.0.0' },
      shared: { redactor: createRedactor(), policy_bundles },
      database,
    }),
    intake: parts.intake ?? { fetchIssue: async () => Promise.reject(new Error('no issue is read here')) },
    access: [],
    ...parts,
    admission: { local_files: false, model_addresses: ['https://models.example.org/v1'] },
    report: (error) => defects.push(error),
    version: '0.0.0',
  })
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  let made = 0
  const token: ApiWorld['token'] = async (wish = {}) => {
    const { roles = ROLES, repository = null, scopes = null, tenant = LOCAL_TENANT } = wish
    const grants = roles.map((role) => ({ role, repository }))
    const name = `person ${++made}`
    const person = await identities.create({ tenant_id: tenant, kind: 'person', name, oidc: null, grants }, 'test')
    return (await identities.issue(tenant, person.id, { label: 'test', scopes, expires_at: null }, 'test')).token
  }
  const everybody = await token()
  return {
    url,
    db,
    defects,
    store: createRunStore({ database, identifiers }),
    identities,
    token,
    ask: async (path, { token: own = everybody, ...options } = {}) => {
      const headers = new Headers(options.headers)
      headers.set('authorization', `Bearer ${own}`)
      headers.set('content-type', 'application/json')
      const response = await fetch(`${url}${path}`, { ...options, headers })
      const text = await response.text()
      const type = response.headers.get('content-type')
      return { status: response.status, type, body: text === '' ? {} : JSON.parse(text), headers: response.headers }
    },
    close: async () => {
      await api.close()
      await server.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}
