import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRunStore } from '#adapters/postgres'
import type { TenantId } from '#domain/ids'
import type { Run } from '#domain/run'
import type { Platform, RunStore } from '#ports'
import { openApiWorld, type ApiWorld } from '../integration/api/world.ts'
import { identifiers } from '../support/database.ts'
import { runIn, submission } from '../support/store-fixtures.ts'

const A = 'ten_a' as TenantId
const B = 'ten_b' as TenantId
/** Stands in everything of tenant B, and in nothing else. */
const MARK = 'only-b-knows'
const SHA = 'd'.repeat(64)

let world: ApiWorld
let store: RunStore
let run: Run
let token: string
let own: string
/** What the API asked the platform to do. */
const reached: string[] = []

beforeAll(async () => {
  const platform = new Proxy({} as Platform, {
    get: (_, name) =>
      name === 'then'
        ? undefined
        : () => {
            reached.push(String(name))
            throw new Error(MARK)
          },
  })
  world = await openApiWorld(platform)
  for (const [tenant, name] of [
    [A, 'a'],
    [B, MARK],
  ])
    await world.db.asOwner('insert into gander.tenant (tenant_id, name) values ($1, $2)', [tenant, name])
  store = createRunStore({ database: world.db.database, identifiers }, B)
  const made = await runIn(store, 'planning', { tenant: B, title: MARK })
  run = made.run
  const artifact = { kind: 'log', name: MARK, sha256: SHA, bytes: 1, data_class: 'internal' } as const
  await store.write(run.id, made.lease, {
    artifacts: [artifact],
    events: [{ event: 'admin_override', facts: { by: MARK, what: MARK } }],
  })
  token = await world.token({ tenant: A })
  own = await world.token({ tenant: B })
})
afterAll(() => world.close())

interface Operation {
  readonly method: string
  readonly path: string
}

async function operations(): Promise<readonly Operation[]> {
  const { body } = await world.ask('/openapi.json')
  const paths = body['paths'] as unknown as Readonly<Record<string, object>>
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map((method) => ({ method: method.toUpperCase(), path })),
  )
}

const PLACES: Readonly<Record<string, () => string>> = {
  run_id: () => run.id,
  task_id: () => run.task_id,
  tenant_id: () => B,
  sha256: () => SHA,
}
const addressed = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(PLACES[name]?.() ?? MARK.replace('only', 'some')),
  )

const said = (value: unknown): string => JSON.stringify(value)

describe('what another tenant left', () => {
  test('TE-11 no address shows a run, an event, a log or a record of another tenant', async () => {
    const all = await operations()
    expect(all.length).toBeGreaterThan(20)
    const named = all.filter(({ path }) => /\{(run_id|task_id)\}/.test(path))
    expect(named.length).toBeGreaterThan(8)
    for (const { method, path } of all.filter((operation) => operation.method === 'GET')) {
      const answer = await world.ask(addressed(path), { token, method })
      expect(said(answer.body), path).not.toContain(MARK)
      expect(said(answer.body).replaceAll(addressed(path), ''), path).not.toContain(`"${run.task_id}"`)
      if (named.some((operation) => operation.path === path)) expect(answer.status, path).toBe(404)
    }
    expect(reached.filter((name) => ['view', 'diff', 'follow', 'list'].includes(name))).toEqual([])
  })

  test('TE-11 nothing is done to a run of another tenant, and its record stays as it is', async () => {
    const before = await store.events(run.id, 0)
    for (const { method, path } of await operations()) {
      if (method === 'GET' || !path.includes('{run_id}')) continue
      for (const body of ['{}', '{"decision":"approved"}', '{"reason":"r"}']) {
        const answer = await world.ask(addressed(path), { token, method, body })
        expect([404, 422], path).toContain(answer.status)
        expect(said(answer.body), path).not.toContain(MARK)
      }
    }
    expect(reached).toEqual([])
    expect(await store.events(run.id, 0)).toEqual(before)
  })

  test('TE-07 bytes are given to the tenant that has them on record, and to no other that knows their hash', async () => {
    const theirs = await world.ask(`/v1/artifacts/${SHA}`, { token })
    const nobodys = await world.ask(`/v1/artifacts/${'e'.repeat(64)}`, { token })
    expect([theirs.status, theirs.body]).toEqual([nobodys.status, nobodys.body])
    expect(theirs.status).toBe(404)
    // Its own tenant comes as far as the bytes, of which this server holds none.
    expect(said((await world.ask(`/v1/runs/${run.id}/artifacts`, { token: own })).body)).toContain(SHA)
  })

  test('TE-11 its own tenant sees it all', async () => {
    expect(said((await world.ask('/v1/runs', { token: own })).body)).toContain(MARK)
    expect((await world.ask(`/v1/runs/${run.id}/steps`, { token: own })).status).toBe(200)
  })

  test('TE-11 a task handed in under one tenant is not listed under another', async () => {
    await createRunStore({ database: world.db.database, identifiers }, A).submit(
      submission({ tenant: A, title: 'of a' }),
    )
    expect(said((await world.ask('/v1/tasks', { token })).body)).toContain('of a')
    expect(said((await world.ask('/v1/tasks', { token: own })).body)).not.toContain('of a')
  })
})
