import {
  createIdentities,
  createProvenance,
  createRepositoryRecords,
  createRunQueries,
  createTenants,
  type Database,
} from '#adapters/postgres'
import { openTenant } from '#control-plane/identity'
import { createIntake } from '#control-plane/intake'
import { createApi } from '#api/server'
import { GanderError } from '#domain/failure'
import { ROLES } from '#domain/identity'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Identities, Platform, Redactor } from '#ports'
import type { ServeWish } from '#cli'
import type { openWorker } from './open-worker.ts'
import { openAccessRules } from './open-access-rules.ts'
import { heldToVersion } from './held-to-version.ts'
import { platformOver } from './open-platform.ts'
import { openRecords } from './open-records.ts'
import { openSignIn } from './open-sign-in.ts'
import type { PlatformSettings, SharedParts } from './shared-parts.ts'
import { identifiers } from './system-clock.ts'

/** What the API of a process stands on; `serve` and the control plane give it alike. */
interface ApiGround {
  readonly settings: PlatformSettings
  readonly shared: SharedParts
  readonly database: Database
  readonly working: () => ReturnType<typeof openWorker>
  readonly wish: Pick<ServeWish, 'host' | 'model_addresses' | 'oidc' | 'agent'>
}

/** Wires the API over what there is; it does not listen yet. */
export async function openApi({ settings, shared, database, working, wish }: ApiGround) {
  const identities = createIdentities({ database, identifiers })
  const tenants = createTenants({ database, identifiers })
  const sign_in = await openSignIn(settings.home, wish.oidc ?? {})
  const access = await openAccessRules(settings.home)
  const token_file = await administratorToken(settings.home, identities)
  const platforms = new Map<TenantId, Platform>()
  const platformOf = (tenant: TenantId, version?: number): Platform => {
    if (version !== undefined)
      return platformOver({ settings, shared: heldToVersion(shared, version), database, working, tenant })
    const known = platforms.get(tenant) ?? platformOver({ settings, shared, database, working, tenant })
    platforms.set(tenant, known)
    return known
  }
  const api = createApi({
    platform: platformOf,
    queries: createRunQueries({ database }),
    artifacts: (tenant) => shared.ofTenant(tenant).artifacts,
    identities,
    tenants,
    openTenant: (order) => openTenant({ tenants, identities }, order),
    repositories: createRepositoryRecords({ database, identifiers }),
    provenance: createProvenance({ database }),
    policies: shared.policy_bundles,
    ...openRecords({ settings, shared, database }),
    intake: createIntake({ fetch: globalThis.fetch, token: process.env['GITHUB_TOKEN'] }),
    ...(sign_in !== undefined && { sign_in }),
    ...(wish.agent !== undefined && { agent: wish.agent }),
    report: (error) => void report(shared.redactor, error),
    admission: { local_files: isLoopback(wish.host), model_addresses: wish.model_addresses },
    access,
    version: settings.version,
  })
  return { api, token_file }
}

/** Begins to listen; where that fails everything is closed and the reason told. @throws GanderError `address_unavailable` */
export async function listening(
  api: { listen(at: { readonly host: string; readonly port: number }): Promise<string> },
  { host, port }: { readonly host: string; readonly port: number },
  close: () => Promise<void>,
): Promise<string> {
  try {
    return await api.listen({ host, port })
  } catch (error) {
    await close()
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const why = UNAVAILABLE[code]
    if (why === undefined) throw error
    throw new GanderError('address_unavailable', `Port ${port} of ${host} cannot be listened on. ${why}`, {
      cause: error,
      facts: { host, port },
    })
  }
}

const UNAVAILABLE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program listens there.',
  EACCES: 'Ports below 1024 need rights that this user does not have.',
  EADDRNOTAVAIL: 'This machine does not have that address.',
  ENOTFOUND: 'No address is known by that name.',
}

/** The first person of an installation: whoever can read its home folder. */
async function administratorToken(home: string, identities: Identities): Promise<string> {
  const path = join(home, 'server-token')
  const kept = await readFile(path, 'utf8').catch(() => '')
  if ((await identities.authenticate(kept.trim())) !== undefined) return path
  const known = await identities.named(LOCAL_TENANT, 'local administrator')
  const grants = ROLES.map((role) => ({ role, repository: null }))
  const by = 'gander serve'
  const local = { tenant_id: LOCAL_TENANT, kind: 'person', name: 'local administrator', oidc: null, grants } as const
  const person = known ?? (await identities.create(local, by))
  const wish = { label: 'server-token', scopes: null, expires_at: null }
  const { token } = await identities.issue(LOCAL_TENANT, person.id, wish, by)
  await mkdir(home, { recursive: true, mode: 0o700 })
  await writeFile(path, `${token}\n`, { mode: 0o600 })
  return path
}

/** One line for whoever runs the server, without what must not be said. */
async function report(redactor: Redactor, error: unknown): Promise<void> {
  const message = error instanceof Error ? `${error.message}${causeOf(error)}` : String(error)
  const { text } = await redactor.redact(message)
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), defect: text })}\n`)
}

const causeOf = ({ cause }: Error): string => (cause instanceof Error ? `: ${cause.message}` : '')

/** Only this machine's own users reach it. */
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')
