import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpAdministration, signInAt } from '#api/client'
import { createSignIn, signInByBrowser } from '#adapters/oidc'
import { runCommandLine } from '#cli'
import { LOCAL_TENANT } from '#domain/ids'
import { fakeCli } from '../../support/fake-cli-environment.ts'
import { runIn } from '../../support/store-fixtures.ts'
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts'
import { openApiWorld, type ApiWorld } from './world.ts'

let world: ApiWorld
let provider: IdentityProvider
beforeAll(async () => {
  provider = await startIdentityProvider()
  const rules = {
    issuer: provider.issuer,
    client_id: 'gander',
    audience: null,
    scope: 'openid profile',
    groups_claim: 'groups',
    tenant_id: LOCAL_TENANT,
    groups: [{ group: 'platform', role: 'viewer', repository: null }],
  } as const
  world = await openApiWorld({}, { sign_in: createSignIn({ rules, fetch: globalThis.fetch }) })
})
afterAll(async () => {
  await world.close()
  await provider.close()
})

/** Runs a command line against the server. */
async function gander(line: readonly string[], wish: { readonly token?: string; readonly is_terminal?: boolean } = {}) {
  const { token = await world.token(), is_terminal = false } = wish
  const cli = fakeCli({ env: { GANDER_TOKEN: token }, is_terminal, columns: 200 })
  const kept: Record<string, string | undefined> = {}
  const code = await runCommandLine(
    {
      ...cli.environment,
      servers: { path: 's', read: async () => ({}), save: async (name, value) => void (kept[name] = value) },
      openAdministration: async ({ server }) => createHttpAdministration(server ?? { url: world.url, token }),
      signIn: (server) =>
        signInAt(server, (offer) =>
          signInByBrowser({ ...offer, show: (address) => provider.browse(address, 'alice') }),
        ),
    },
    ['--server', world.url, ...line],
  )
  return { code, out: cli.out(), err: cli.err(), kept }
}
const json = async (line: readonly string[]) => JSON.parse((await gander([...line, '--json'])).out) as never

describe('the command line, over a server', () => {
  test('lets people in, gives and takes their tokens, and lets them in no more', async () => {
    const made = await gander(['principal', 'add', 'Grace', '--grant', 'viewer~2099-01-31', '--grant', 'operator@x/'])
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('viewer~2099-01-31 operator@x/') })
    expect((await gander(['token', 'issue', 'Grace', '--days', '9999'])).code).toBe(2)
    const issued: { token: string; record: { id: string } } = await json(['token', 'issue', 'Grace', '--days', '3650'])
    expect((await world.ask('/v1/runs', { token: issued.token })).status).toBe(200)
    await gander(['token', 'revoke', issued.record.id])
    expect((await world.ask('/v1/runs', { token: issued.token })).status).toBe(401)
    await gander(['principal', 'grant', 'Grace', 'auditor'])
    expect((await gander(['principal', 'list'])).out).toMatch(/Grace +auditor/)
    expect((await gander(['principal', 'disable', 'Grace'])).out).toContain('let in no more')
    const nobody = await gander(['principal', 'disable', 'Nobody'])
    expect(nobody).toMatchObject({ code: 2, err: expect.stringContaining('gander principal list') })
  })

  test('opens and closes tenants', async () => {
    const opened: { tenant: { tenant_id: string } } = await json(['tenant', 'open', 'acme', '--administrator', 'Al'])
    expect((await gander(['tenant', 'close', opened.tenant.tenant_id])).code).toBe(0)
    expect((await gander(['tenant', 'list'])).out).toMatch(/closed \d{4}-.* +acme/)
  })

  test('tells who caused a change, in six layers', async () => {
    const { run } = await runIn(world.store, 'editing')
    const { code, out } = await gander(['who', run.id])
    expect(code).toBe(0)
    for (const layer of [
      'asked by     ada',
      'agent        transform',
      'run ',
      'tools ',
      'credentials ',
      'approved by  nobody',
    ])
      expect(out).toContain(layer)
    expect(await gander(['who', 'f'.repeat(40)])).toMatchObject({ code: 2, err: expect.stringContaining('on record') })
  })

  test('is told what a token does not open', async () => {
    const token = await world.token({ roles: ['viewer'] })
    const refused = await gander(['principal', 'add', 'Me'], { token })
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('may not principal.write') })
  })

  test('signs a person in with the browser and keeps the token', async () => {
    const { code, out, kept } = await gander(['login'], { is_terminal: true })
    expect(code).toBe(0)
    expect(out).toContain('You are signed in')
    expect((await world.ask('/v1/me', { token: kept[world.url] ?? '' })).body).toMatchObject({ name: 'Name of alice' })
  })
})
