import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPriceTable } from '#adapters/models'
import { createIdentities, createRepositoryRecords, createRunStores, createTenants } from '#adapters/postgres'
import { openTenant } from '#control-plane/identity'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import type { RunStore } from '#ports'
import { openApi } from '../../../src/main/open-api.ts'
import { sharedParts } from '../../../src/main/shared-parts.ts'
import { identifiers, startTestServer } from '../../support/database.ts'

/** The whole API as `gander control-plane` wires it, over a real database; no run is ever worked on. */
export type PlatformWorld = Awaited<ReturnType<typeof openPlatformWorld>>

/** Opens it, listening on the loopback address, with a token that may do everything in the installation's own tenant. */
export async function openPlatformWorld() {
  const server = await startTestServer()
  const { database } = await server.database()
  const home = await mkdtemp(join(tmpdir(), 'gander-api-'))
  const shared = sharedParts(home, database)
  const refuse = async () => Promise.reject(new Error('nothing is worked on here'))
  const working = async () => ({
    worker: { workOn: refuse, serve: refuse },
    warm: () => {},
    prices: createPriceTable({ home }),
    close: async () => {},
  })
  const defects: unknown[] = []
  const wish = { host: '0.0.0.0', model_addresses: [] }
  const settings = { home, version: '0.0.0' }
  const { api } = await openApi({ settings, shared, database, working, wish })
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  const parts = { database, identifiers }
  const identities = createIdentities(parts)
  const administrator = await identities.named(LOCAL_TENANT, 'local administrator')
  const wishes = { label: 'test', scopes: null, expires_at: null }
  const { token } = await identities.issue(LOCAL_TENANT, administrator?.id ?? '', wishes, 'test')
  return {
    api,
    url,
    token,
    defects,
    identities,
    repositories: createRepositoryRecords(parts),
    database,
    memoryOf: (tenant: TenantId) => shared.ofTenant(tenant).memory,
    storeOf: (tenant: TenantId): RunStore => createRunStores(parts).of(tenant),
    openTenant: (name: string) =>
      openTenant({ tenants: createTenants(parts), identities }, { name, administrator: `of ${name}`, by: 'test' }),
    /** How many events a tenant's chain has. */
    told: async (tenant: TenantId): Promise<number> => {
      const client = await database.pool.connect()
      try {
        await client.query(`begin; set local gander.tenant = '${tenant}'`)
        const { rows } = await client.query<{ seq: number }>('select seq from gander.ledger_head')
        return rows[0]?.seq ?? 0
      } finally {
        await client.query('rollback')
        client.release()
      }
    },
    close: async () => {
      await api.close()
      await shared.switch_board.close()
      await server.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** An OpenAPI document as far as tests read it. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** One operation of the document. */
export interface Operation {
  readonly operationId: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: 'path' | 'query' | 'header'
    readonly required?: boolean
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

/** JSON Schema, member by member. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
}

/** Every operation with its method and path. */
export async function operationsOf(world: Pick<PlatformWorld, 'url'>) {
  const document = (await (await fetch(`${world.url}/openapi.json`)).json()) as ApiDocument
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  return { document, operations }
}
