import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttpAdministration, createHttpPolicyDesk, signInAt } from '#api/client'
import { createSignIn, signInByBrowser, signInByDevice } from '#adapters/oidc'
import { runCommandLine } from '#cli'
import { LOCAL_TENANT } from '#domain/ids'
import { fakeCli } from '../../support/fake-cli-environment.ts'
import { openAuditDesk } from '../../../src/main/open-audit-desk.ts'
import * as policyWords from '../../../src/main/read-policy-words.ts'
import { runIn } from '../../support/store-fixtures.ts'
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts'
import { openApiWorld, type ApiWorld } from './world.ts'

let world: ApiWorld
let provider: IdentityProvider
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gander-administration-'))
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
  await rm(folder, { recursive: true, force: true })
})

/** Runs a command line against the server. */
async function gander(line: readonly string[], wish: { readonly token?: string; readonly is_terminal?: boolean } = {}) {
  const { token = await world.token(), is_terminal = false } = wish
  const cli = fakeCli({ env: { GANDER_TOKEN: token }, is_terminal, columns: 200 })
  const kept: Record<string, string | undefined> = {}
  const code = await runCommandLine(
    {
      ...cli.environment,
      cwd: folder,
      servers: {
        path: 's',
        read: async () => ({ [world.url]: token }),
        save: async (name, value) => void (kept[name] = value),
      },
      policy: async (_tenant, server) => createHttpPolicyDesk(server ?? { url: world.url, token }, policyWords),
      audit: async (server) => openAuditDesk({ home: folder, version: '0.0.0' }, server),
      openAdministration: async ({ server }) => createHttpAdministration(server ?? { url: world.url, token }),
      signIn: (server, { code }) =>
        signInAt(server, (offer) =>
          code === undefined
            ? signInByBrowser({ ...offer, show: (address) => provider.browse(address, 'alice') })
            : signInByDevice({
                ...offer,
                show: async (given) => {
                  await code(given)
                  await provider.browse(given.whole_address ?? '', 'alice')
                },
              }),
        ),
    },
    ['--server', world.url, ...line],
  )
  return { code, out: cli.out(), err: cli.err(), kept }
}
const json = async (line: readonly string[]) => JSON.parse((await gander([...line, '--json'])).out) as never

const TEAM = `applies_to: ["https://git.example.org/pay/*"]\npaths: { denied: ["a/**"] }\n`

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

  test('signs a person in by a code that they type on another machine, and signs them out again', async () => {
    const { code, out, kept } = await gander(['login', '--device'])
    expect(code).toBe(0)
    expect(out).toMatch(/type this code, within \d+ minutes:\n\n {2}[A-Z]{4}-[A-Z]{4}\n/)
    const token = kept[world.url] ?? ''
    expect((await world.ask('/v1/me', { token })).body).toMatchObject({ name: 'Name of alice' })
    expect(await gander(['logout'], { token })).toMatchObject({ code: 0, kept: { [world.url]: undefined } })
    expect((await world.ask('/v1/me', { token })).status).toBe(401)
    expect(await gander(['logout'], { token })).toMatchObject({ code: 0, kept: { [world.url]: undefined } })
  })

  test('checks, tries, keeps and activates a policy whose files are here, bound to what was active', async () => {
    await mkdir(join(folder, 'policy', 'tests'), { recursive: true })
    await writeFile(join(folder, 'policy', 'platform.yaml'), 'paths:\n  denied: [infra/prod/**]\n')
    const report: { problems: string[]; sha256: string } = await json(['policy', 'check', 'policy'])
    expect(report).toMatchObject({ problems: [], levels: [{ level: 'platform' }] })
    const denied = ['policy', 'explain', 'file.write', '--path', 'infra/prod/a', '--policy', 'policy']
    expect(await json(denied)).toMatchObject({ answer: 'deny' })
    const free = ['policy', 'explain', 'file.write', '--path', 'src/a', '--policy', 'policy']
    expect(await json(free)).toMatchObject({ answer: 'allow' })
    expect(await json(['policy', 'activate', 'policy', '--reason', 'tried'])).toMatchObject({ sha256: report.sha256 })
    expect(await json(['policy', 'show'])).toMatchObject({ active: { sha256: report.sha256, reason: 'tried' } })
    await writeFile(join(folder, 'policy', 'platform.yaml'), 'paths:\n  denied: [infra/**]\n')
    expect(await json(['policy', 'diff', 'active', 'policy'])).toEqual(expect.arrayContaining([expect.anything()]))
    expect(await json(['policy', 'replay', 'policy'])).toMatchObject({ asked: 0, changed: [] })
    await writeFile(join(folder, 'policy', 'platform.yaml'), 'nonsense: true\n')
    expect(await gander(['policy', 'check', 'policy'])).toMatchObject({ code: 2 })
    const refused = await gander(['policy', 'activate', 'policy'])
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('nonsense') })
    const reader = await world.token({ roles: ['viewer'] })
    await writeFile(join(folder, 'policy', 'platform.yaml'), 'paths:\n  denied: [infra/**]\n')
    expect((await gander(['policy', 'activate', 'policy'], { token: reader })).err).toContain('may not policy.write')
  })

  test('activates a policy only in place of the one that was seen', async () => {
    const keep = async (path: string) => {
      const policy = { kind: 'folder', files: [{ path: 'platform.yaml', text: `paths: { denied: ["${path}"] }` }] }
      const { body } = await world.ask('/v1/policies', { method: 'POST', body: JSON.stringify({ policy }) })
      return String(body['sha256'])
    }
    const put = (sha256: string, match: string) =>
      world.ask('/v1/policies/active', {
        method: 'PUT',
        headers: { 'if-match': match },
        body: JSON.stringify({ sha256, reason: 'tried' }),
      })
    const [one, two] = [await keep('one/**'), await keep('two/**')]
    const tag = (await world.ask('/v1/policies/active')).headers.get('etag') ?? ''
    expect(await put(one, tag)).toMatchObject({ status: 200, body: { sha256: one } })
    expect(await put(two, tag)).toMatchObject({ status: 412, body: { code: 'resource_changed' } })
    const versions = (await world.ask('/v1/policies')).body as unknown as { items: { sha256: string }[] }
    expect(versions.items).toEqual(expect.arrayContaining([expect.objectContaining({ sha256: one, is_active: true })]))
  })

  test('leaves the level of the installation to whoever runs it, and each tenant its own', async () => {
    const { token } = await json(['tenant', 'open', 'Own', '--administrator', 'Olga']).then(
      (opened) => opened as { token: string },
    )
    const keep = (files: object) =>
      world.ask('/v1/policies', { method: 'POST', token, body: JSON.stringify({ policy: { kind: 'folder', files } }) })
    const platform = await keep([{ path: 'platform.yaml', text: 'paths: { denied: ["a/**"] }' }])
    expect(platform).toMatchObject({ status: 422, body: { code: 'policy_invalid' } })
    expect((await keep([{ path: 'teams/pay.yaml', text: TEAM }])).status).toBe(201)
    expect((await keep([{ path: '../platform.yaml', text: '' }])).status).toBe(422)
    const sweep = { method: 'POST', token, body: JSON.stringify({ dry_run: true }) }
    expect((await world.ask('/v1/retention/sweep', sweep)).status).toBe(403)
  })

  test('lists, verifies, signs and exports the record, and the export proves itself', async () => {
    const { run } = await runIn(world.store, 'planning')
    expect(await json(['audit', 'list', '--event', 'run_leased', '--run', run.id])).toHaveLength(1)
    expect((await gander(['audit', 'checkpoint'])).out).toContain('Checkpoint 1 signs event')
    expect(await json(['audit', 'verify'])).toMatchObject({ defect_count: 0, checkpoints: 1 })
    const key = await gander(['audit', 'key'])
    await writeFile(join(folder, 'key.pem'), key.out)
    expect(await json(['audit', 'export', 'out.jsonl'])).toMatchObject({ path: join(folder, 'out.jsonl') })
    expect(await json(['audit', 'verify', 'out.jsonl', '--key', 'key.pem'])).toMatchObject({ defect_count: 0 })
    const lines = (await readFile(join(folder, 'out.jsonl'), 'utf8')).trim().split('\n')
    await writeFile(join(folder, 'cut.jsonl'), `${lines.toSpliced(3, 1).join('\n')}\n`)
    expect((await gander(['audit', 'verify', 'cut.jsonl', '--key', 'key.pem'])).code).not.toBe(0)
    const platform = await world.token({ roles: ['platform_administrator'] })
    const refused = await gander(['audit', 'export', 'no.jsonl'], { token: platform })
    expect(refused.err).toContain('may not audit.export')
    expect((await gander(['audit', 'list', '--tenant', 'ten_other'])).code).toBe(2)
  })

  test('holds a run, lists what is held, and lets it go', async () => {
    const { run } = await runIn(world.store, 'planning')
    expect((await gander(['retention', 'hold', run.id, '--reason', 'a question'])).code).toBe(0)
    expect(await json(['retention', 'holds'])).toEqual([
      expect.objectContaining({ run_id: run.id, reason: 'a question' }),
    ])
    expect((await gander(['retention', 'release', run.id, '--reason', 'answered'])).out).toContain('again')
    expect(await json(['retention', 'holds'])).toEqual([])
    expect((await world.ask('/v1/retention')).body).toMatchObject({ days: { evidence_packet: 2555 } })
  })
})
