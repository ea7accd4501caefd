import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EVENT_FIELDS } from '#domain/event'
import type { Platform, RunOrder } from '#ports'
import { EVIDENCE, runIn, submission } from '../../support/store-fixtures.ts'
import { openApiWorld, type ApiWorld } from './world.ts'

let world: ApiWorld
const orders: RunOrder[] = []
beforeAll(async () => {
  const submit: Platform['submit'] = async (order) => {
    orders.push(order)
    const run = await world.store.submit(submission({ title: order.words.title }))
    return { run } as never
  }
  const words = {
    ...submission().request,
    source: 'issue_url',
    source_url: 'https://github.com/acme/billing/issues/812',
    title: 'Zero discount',
    constraints: ['as the issue says'],
  } as const
  world = await openApiWorld(
    { submit },
    {
      intake: {
        fetchIssue: async () => ({
          words,
          repository: null,
          base_ref: null,
          mode: null,
          scope: {},
          verification: null,
          limits: {},
        }),
      },
      agent: { kind: 'transform', rule: { kind: 'command', argv: ['true'] } },
    },
  )
})
afterAll(() => world.close())

const post = (
  path: string,
  body: unknown,
  options: { readonly token?: string; readonly headers?: Readonly<Record<string, string>> } = {},
) => world.ask(path, { ...options, method: 'POST', body: JSON.stringify(body) })
const put = (
  path: string,
  body: unknown,
  options: { readonly token?: string; readonly headers?: Readonly<Record<string, string>> } = {},
) => world.ask(path, { ...options, method: 'PUT', body: JSON.stringify(body) })
const of = (answer: { readonly body: unknown }) => answer.body as Record<string, string>

describe('a tag', () => {
  test('stands for the bytes of a read, which are not sent again to whoever has them', async () => {
    const { run } = await runIn(world.store, 'planning')
    const first = await world.ask(`/v1/runs/${run.id}/steps`)
    const tag = first.headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[\w-]{32}"$/)
    const again = await world.ask(`/v1/runs/${run.id}/steps`, { headers: { 'if-none-match': `"x", ${tag}` } })
    expect(again).toMatchObject({ status: 304, body: {} })
    const other = await world.ask(`/v1/runs/${run.id}/steps`, { headers: { 'if-none-match': '"x"' } })
    expect(other).toMatchObject({ status: 200, body: first.body })
  })

  test('holds a write to what was read: the second of two gets 412, and nothing is changed', async () => {
    const { body: made } = await post('/v1/principals', { kind: 'service', name: 'ci' })
    const at = `/v1/principals/${String(made['id'])}`
    const tag = (await world.ask(at)).headers.get('etag') ?? ''
    const grant = (role: string) => put(`${at}/grants`, { grants: [{ role }] }, { headers: { 'if-match': tag } })
    expect(await grant('viewer')).toMatchObject({ status: 200, body: { version: 2 } })
    expect(await grant('operator')).toMatchObject({ status: 412, body: { code: 'resource_changed' } })
    expect((await world.ask(at)).body['grants']).toEqual([{ role: 'viewer', repository: null }])
  })

  test('also between reading and writing: of eight that saw the same, one writes', async () => {
    const { body: made } = await post('/v1/principals', { kind: 'service', name: 'race' })
    const at = `/v1/principals/${String(made['id'])}`
    const tag = (await world.ask(at)).headers.get('etag') ?? ''
    const headers = { 'if-match': tag }
    const all = Array.from({ length: 8 }, () => put(`${at}/grants`, { grants: [{ role: 'viewer' }] }, { headers }))
    const statuses = (await Promise.all(all)).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 7 }, () => 412)])
  })
})

describe('repositories', () => {
  const address = 'https://git.example.org/acme/retry'
  const at = `/v1/repositories/${encodeURIComponent(address)}`

  test('are onboarded once, changed member by member, and told in the ledger', async () => {
    expect(await world.ask(at)).toMatchObject({ status: 404, body: { code: 'repository_not_onboarded' } })
    const fresh = { headers: { 'if-none-match': '*' } }
    const made = await put(at, { owner_team: 'payments', risk_tier: 'high', autonomy_max: 'local_branch' }, fresh)
    expect(made).toMatchObject({ status: 200, body: { repository: address, version: 1, risk_tier: 'high' } })
    expect((await put(at, { risk_tier: 'low' }, fresh)).status).toBe(412)
    const changed = await put(at, { forbidden_paths: ['infra/prod/**'] })
    expect(changed.body).toMatchObject({ owner_team: 'payments', forbidden_paths: ['infra/prod/**'], version: 2 })
    expect((await world.ask('/v1/repositories')).body['items']).toMatchObject([{ repository: address }])
    const told = (await world.store.chain(submission().run.tenant_id, 0, 1000)).filter(
      ({ event }) => event === 'repository_recorded',
    )
    expect(told.map(({ facts }) => facts['changed'])).toEqual([
      ['owner_team', 'risk_tier', 'autonomy_max'],
      ['forbidden_paths'],
    ])
  })

  test('are not changed by whoever may only look', async () => {
    const token = await world.token({ roles: ['viewer'] })
    expect((await put(at, { owner_team: 'mine' }, { token })).status).toBe(403)
  })
})

describe('principals', () => {
  test('are let in, given a token that is told once, and let in no more', async () => {
    const made = await post('/v1/principals', { kind: 'person', name: 'Ada', grants: [{ role: 'viewer' }] })
    expect(made.status).toBe(201)
    const id = of(made)['id'] ?? ''
    const issued = await post(`/v1/principals/${id}/tokens`, { label: 'laptop' })
    const token = of(issued)['token'] ?? ''
    expect((await world.ask('/v1/me', { token })).body).toMatchObject({ name: 'Ada', permissions: expect.anything() })
    expect(JSON.stringify((await world.ask(`/v1/principals/${id}/tokens`)).body)).not.toContain(token.slice(-20))
    await post(`/v1/principals/${id}/disable`, {})
    expect((await world.ask('/v1/me', { token })).status).toBe(401)
    expect((await post(`/v1/principals/${id}/tokens`, { label: 'again' })).status).toBe(404)
  })

  test('have grants that end at their moment', async () => {
    const soon = new Date(Date.now() + 900).toISOString()
    const grants = [{ role: 'viewer', until: soon }]
    const made = await post('/v1/principals', { kind: 'person', name: 'Bob', grants })
    const { token = '' } = of(await post(`/v1/principals/${of(made)['id']}/tokens`, { label: 'x' }))
    expect((await world.ask('/v1/runs', { token })).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, Date.parse(soon) - Date.now() + 50))
    expect((await world.ask('/v1/runs', { token })).status).toBe(403)
    const past = [{ role: 'viewer', until: '2020-01-01T00:00:00Z' }]
    expect((await post('/v1/principals', { kind: 'person', name: 'Eve', grants: past })).status).toBe(422)
  })

  test('of a worker open nothing of the API, and a service decides no approval', async () => {
    const grants = [{ role: 'platform_administrator' }, { role: 'approver' }]
    const tokenOf = async (kind: string) => {
      const made = await post('/v1/principals', { kind, name: `a ${kind}`, grants })
      return of(await post(`/v1/principals/${of(made)['id']}/tokens`, { label: 'x' }))['token'] ?? ''
    }
    const worker = await tokenOf('worker')
    for (const path of ['/v1/runs', '/v1/principals', '/v1/tenants'])
      expect((await world.ask(path, { token: worker })).status).toBe(403)
    const service = await tokenOf('service')
    expect((await world.ask('/v1/runs', { token: service })).status).toBe(200)
    const { run } = await runIn(world.store, 'planning')
    const decided = await post(`/v1/runs/${run.id}/approve`, { decision: 'approved' }, { token: service })
    expect(decided).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })

  test('who may not administer keep to their own tokens, and cannot widen one', async () => {
    const viewer = await world.token({ roles: ['viewer'] })
    const { id = '' } = of(await world.ask('/v1/me', { token: viewer }))
    expect((await world.ask('/v1/principals', { token: viewer })).status).toBe(403)
    expect((await post(`/v1/principals/${id}/tokens`, { label: 'mine' }, { token: viewer })).status).toBe(201)
    const narrow = await world.token({ scopes: ['run.read'] })
    const me = of(await world.ask('/v1/me', { token: narrow }))['id'] ?? ''
    expect((await post(`/v1/principals/${me}/tokens`, { label: 'wide' }, { token: narrow })).status).toBe(403)
  })
})

describe('tenants', () => {
  test('are opened and closed by whoever runs the installation, and know nothing of each other', async () => {
    const opened = await post('/v1/tenants', { name: 'acme', administrator: 'Alice' })
    expect(opened.status).toBe(201)
    const { token, tenant } = opened.body as unknown as { token: string; tenant: { tenant_id: string } }
    const { body } = await world.ask('/v1/tenants', { token })
    expect(body['items']).toEqual([tenant])
    expect((await world.ask('/v1/tenants/ten_local', { token })).status).toBe(404)
    expect((await post('/v1/tenants', { name: 'x', administrator: 'y' }, { token })).status).toBe(403)
    expect((await world.ask('/v1/runs', { token })).body['items']).toEqual([])
    expect((await post(`/v1/tenants/${tenant.tenant_id}/close`, {})).body['closed_at']).not.toBeNull()
    expect((await world.ask('/v1/me', { token })).status).toBe(401)
    expect((await post('/v1/tenants/ten_local/close', {})).status).toBe(403)
  })
})

describe('who caused this change', () => {
  test('is answered in six layers for a run, a commit, a branch and a pull request', async () => {
    const { run, lease } = await runIn(world.store, 'pr_preparing')
    const commit = '9'.repeat(40)
    const url = 'https://git.example.org/acme/retry/pull/7'
    const link = { url, number: 7, branch: 'gander/why', head_commit: commit, idempotency_key: run.id }
    const pushed = { event: 'branch_pushed', facts: { branch: 'gander/why', commit, remote: 'origin' } } as const
    const command = { type: 'advance', to: 'pr_created', evidence: EVIDENCE } as const
    await world.store.write(run.id, lease, { command, pull_request: link, events: [pushed] })
    const origin = await world.ask(`/v1/runs/${run.id}/provenance`)
    expect(origin.body).toMatchObject({
      run_id: run.id,
      requester: { name: 'ada', source: 'cli' },
      agent: { capability: 'bug_fix', definition: { kind: 'transform' } },
      runtime: { workers: [{ fence: 1 }] },
      credentials: [{ scope: 'forge:origin', used_for: 'branch gander/why' }],
      approvers: [],
      change: { commit, branch: 'gander/why', pull_request: url },
    })
    for (const by of [`commit=${commit}`, 'branch=gander/why', `pull_request=${encodeURIComponent(url)}`])
      expect((await world.ask(`/v1/provenance?${by}`)).body['items'], by).toEqual([origin.body])
    expect((await world.ask(`/v1/provenance?commit=${'8'.repeat(40)}`)).status).toBe(404)
    expect((await world.ask('/v1/provenance')).status).toBe(422)
  })
})

describe('a run by capability and source', () => {
  const body = {
    capability: 'autonomous_issue_resolver.low_risk_bugfix',
    source: { type: 'github_issue', url: 'https://github.com/acme/billing/issues/812' },
    repository: 'https://github.com/acme/billing-service',
    constraints: ['do not change public API'],
  }

  test('becomes a submission in the words of the issue', async () => {
    const answer = await post('/v1/agent-runs', body)
    expect(answer).toMatchObject({ status: 201, body: { status: 'queued' } })
    expect(Object.keys(answer.body).toSorted()).toEqual(['run_id', 'status', 'trace_id'])
    expect(orders.at(-1)).toMatchObject({
      words: { title: 'Zero discount', constraints: ['as the issue says', 'do not change public API'] },
    })
  })

  test('is asked for in the name of another only by a service', async () => {
    const asked = { ...body, requested_by: 'alice@example.org' }
    expect((await post('/v1/agent-runs', asked)).status).toBe(403)
    const made = await post('/v1/principals', { kind: 'service', name: 'desk', grants: [{ role: 'operator' }] })
    const { token = '' } = of(await post(`/v1/principals/${of(made)['id']}/tokens`, { label: 'x' }))
    expect((await post('/v1/agent-runs', asked, { token })).status).toBe(201)
    expect(orders.at(-1)?.requester).toBe('alice@example.org')
  })
})

test('the document of events is AsyncAPI 3 and names every event of the catalogue', async () => {
  const { body } = await world.ask('/asyncapi.json')
  const path = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json')
  const ajv = new Ajv({ strict: false, validateFormats: false })
  const valid = ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object)
  expect(valid(body) ? [] : valid.errors).toEqual([])
  const { messages } = body['components'] as unknown as { messages: object }
  expect(Object.keys(messages)).toEqual(Object.keys(EVENT_FIELDS))
})
