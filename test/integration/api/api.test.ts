import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TenantId } from '#domain/ids'
import { runIn, submission } from '../../support/store-fixtures.ts'
import { openApiWorld, type ApiWorld } from './world.ts'

let world: ApiWorld
beforeAll(async () => {
  world = await openApiWorld()
})
afterAll(() => world.close())

const OTHER = 'ten_other' as TenantId

describe('lists', () => {
  test('come in pages without a gap and without a double, the newest first, while runs are added', async () => {
    for (let n = 0; n < 7; n++) await world.store.submit(submission())
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await world.ask(`/v1/runs?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const { items, next_cursor } = body as unknown as { items: { run: { id: string } }[]; next_cursor: string | null }
      seen.push(...items.map(({ run }) => run.id))
      cursor = next_cursor
      await world.store.submit(submission())
    }
    expect(seen.length).toBeGreaterThanOrEqual(7)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(seen.toSorted().toReversed())
  })

  test('are cut down to a state', async () => {
    const { run } = await runIn(world.store, 'editing')
    const { body } = await world.ask('/v1/runs?state=editing')
    const { items } = body as unknown as { items: { run: { id: string; state: string } }[] }
    expect(items.map((item) => item.run.id)).toEqual([run.id])
  })
})

describe('a filter', () => {
  test('gives what fits and nothing else', async () => {
    const { run } = await runIn(world.store, 'planning')
    const ids = async (query: string) => {
      const { body } = await world.ask(`/v1/runs?${query}`)
      return (body as unknown as { items: { run: { id: string } }[] }).items.map((item) => item.run.id)
    }
    expect(await ids('limit=200&since=2020-01-01T00:00:00Z')).toContain(run.id)
    expect(await ids('since=2999-01-01T00:00:00Z')).toEqual([])
    expect(await ids('until=2020-01-01T00:00:00Z')).toEqual([])
    expect(await ids('capability=no.such')).toEqual([])
    expect(await ids(`task_id=${run.task_id}`)).toEqual([run.id])
    expect((await world.ask(`/v1/tasks/${run.task_id}/runs`)).body).toMatchObject({ items: [{ run: { id: run.id } }] })
  })

  test('of artifacts tells run, kind, class and media type apart', async () => {
    const { run, lease } = await runIn(world.store, 'editing')
    const artifact = {
      kind: 'plan',
      name: 'plan.json',
      sha256: 'a'.repeat(64),
      bytes: 1,
      data_class: 'internal',
    } as const
    const log = { ...artifact, kind: 'log', name: 'out.log', sha256: 'b'.repeat(64), data_class: 'restricted' } as const
    await world.store.write(run.id, lease, { artifacts: [artifact, log] })
    const names = async (query: string) => {
      const { body } = await world.ask(`/v1/artifacts?run=${run.id}${query}`)
      return (body as unknown as { items: { name: string }[] }).items.map(({ name }) => name)
    }
    expect(await names('')).toEqual(['out.log', 'plan.json'])
    expect(await names('&kind=plan')).toEqual(['plan.json'])
    expect(await names('&data_class=restricted')).toEqual(['out.log'])
    expect(await names('&media_type=application/json')).toEqual(['plan.json'])
    expect(await names('&repository=https://git.example.org/no/such')).toEqual([])
  })

  test('that a list does not know is refused, with those that it has', async () => {
    const { status, body } = await world.ask('/v1/runs?stat=editing')
    expect({ status, body }).toMatchObject({ status: 422, body: { remedy: expect.stringContaining('state') } })
    expect((await world.ask('/v1/switches?x=1')).status).toBe(422)
  })
})

describe('what a tenant may hold', () => {
  test('is set by whoever runs the installation, and held to what was read', async () => {
    const at = '/v1/tenants/ten_local/limits'
    const read = await world.ask(at)
    expect(read.body).toEqual({ max_running: null })
    const put = (headers: Readonly<Record<string, string>>) =>
      world.ask(at, { method: 'PUT', headers, body: JSON.stringify({ max_running: 1000 }) })
    const match = { 'if-match': read.headers.get('etag') ?? '' }
    expect(await put(match)).toMatchObject({ status: 200, body: { max_running: 1000 } })
    expect(await put(match)).toMatchObject({ status: 412 })
    const token = await world.token({ roles: ['operator'] })
    expect((await world.ask(at, { method: 'PUT', token, body: JSON.stringify({ max_running: 9 }) })).status).toBe(403)
  })
})

describe('a person who acts on a run', () => {
  test('is refused where the run moved on after they looked', async () => {
    const { run } = await runIn(world.store, 'planning')
    const stale = world.store.command(run.id, { type: 'request_cancel', by: 'ada' }, [], run.version - 1)
    await expect(stale).rejects.toMatchObject({ code: 'resource_changed' })
    expect(await world.store.command(run.id, { type: 'request_cancel', by: 'ada' }, [], run.version)).toMatchObject({
      ok: true,
    })
  })
})

describe('what is refused', () => {
  test.each([
    ['/v1/runs?limit=0', 422, 'request_invalid'],
    ['/v1/runs?limit=9999', 422, 'request_invalid'],
    ['/v1/runs?cursor=nonsense', 400, 'cursor_invalid'],
    ['/v1/runs/run_x', 422, 'request_invalid'],
    ['/v1/runs/run_00000000000000000000000000', 404, 'run_not_found'],
    ['/v1/nothing', 404, 'route_not_found'],
  ])('%s is answered with %i %s as problem details with a remedy', async (path, status, code) => {
    const answer = await world.ask(path)
    expect(answer.status).toBe(status)
    expect(answer.type).toMatch('application/problem+json')
    expect(answer.body).toMatchObject({ status, code, type: `/docs/errors#${code}` })
    expect(answer.body['remedy']).not.toBe('')
  })

  test.each(['', 'gnd_x', `gnd_tok_00000000000000000000000000_${'a'.repeat(43)}`])(
    'the token %j is answered with 401',
    async (token) => {
      expect(await world.ask('/v1/runs', { token })).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    },
  )

  test('a token that was revoked, has expired or belongs to a disabled principal speaks for nobody', async () => {
    const { identities } = world
    const [person] = (await identities.principals('ten_local' as TenantId, { limit: 1 })).items
    const id = person?.id ?? ''
    const tenant = 'ten_local' as TenantId
    const past = new Date(Date.now() - 1000).toISOString()
    const expired = await identities.issue(tenant, id, { label: 'x', scopes: null, expires_at: past }, 'test')
    const revoked = await identities.issue(tenant, id, { label: 'x', scopes: null, expires_at: null }, 'test')
    expect((await world.ask('/v1/runs', { token: revoked.token })).status).toBe(200)
    await identities.revoke(tenant, revoked.record.id, 'test')
    const gone = await world.token()
    const principal = (await identities.authenticate(gone))?.id ?? ''
    await identities.disable(tenant, principal, { by: 'test' })
    for (const token of [expired.token, revoked.token, gone])
      expect((await world.ask('/v1/runs', { token })).status).toBe(401)
  })
})

describe('who may', () => {
  test('a viewer reads and does nothing', async () => {
    const { run } = await runIn(world.store, 'planning')
    const token = await world.token({ roles: ['viewer'] })
    expect((await world.ask('/v1/runs', { token })).status).toBe(200)
    const cancel = await world.ask(`/v1/runs/${run.id}/cancel`, { token, method: 'POST', body: '{}' })
    expect(cancel).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })

  test('another tenant does not learn that a run exists', async () => {
    await world.db.asOwner("insert into gander.tenant (tenant_id, name) values ('ten_other', 'other')")
    const { run } = await runIn(world.store, 'planning')
    const token = await world.token({ tenant: OTHER })
    for (const path of ['', '/steps', '/artifacts', '/decisions', '/approvals', '/diff', '/events'])
      expect((await world.ask(`/v1/runs/${run.id}${path}`, { token })).status, path).toBe(404)
    for (const act of ['cancel', 'continue', 'approve']) {
      const body = act === 'approve' ? '{"decision":"approved"}' : '{}'
      expect((await world.ask(`/v1/runs/${run.id}/${act}`, { token, method: 'POST', body })).status, act).toBe(404)
    }
    expect((await world.ask('/v1/runs', { token })).body['items']).toEqual([])
  })

  test('a grant for one repository opens no other', async () => {
    const { run } = await runIn(world.store, 'planning')
    const theirs = await world.token({ repository: 'https://example.org/elsewhere/' })
    expect((await world.ask(`/v1/runs/${run.id}`, { token: theirs })).status).toBe(404)
    expect((await world.ask('/v1/runs', { token: theirs })).status).toBe(403)
  })

  test('a token is held to its scopes', async () => {
    const token = await world.token({ scopes: ['run.read'] })
    const { run } = await runIn(world.store, 'planning')
    expect((await world.ask(`/v1/runs/${run.id}/steps`, { token })).status).toBe(200)
    expect((await world.ask(`/v1/runs/${run.id}/artifacts`, { token })).status).toBe(403)
  })
})

test('the document names every route and each resource once', async () => {
  const { body } = await world.ask('/openapi.json')
  expect(body['openapi']).toBe('3.1.1')
  expect(Object.keys(body['paths'] ?? {})).toContain('/v1/runs/{run_id}/events')
  expect(Object.keys((body['components'] as { schemas?: object } | undefined)?.schemas ?? {})).toContain('RunOverview')
})
