import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { submission } from '../../support/store-fixtures.ts'
import { openApiWorld, type ApiWorld } from './world.ts'

let world: ApiWorld
beforeAll(async () => {
  world = await openApiWorld()
})
afterAll(() => world.close())

describe('one key', () => {
  const key = (request: string, name = 'k') => ({
    tenant_id: submission().run.tenant_id,
    principal_id: 'prn_x',
    key: name,
    request_sha256: request.repeat(64),
  })

  test('makes one run, however many ask at once', async () => {
    const once = key('a')
    const runs = await Promise.all(Array.from({ length: 8 }, () => world.store.submit({ ...submission(), once })))
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1)
    expect(await world.store.submitted(once)).toBe(runs[0]?.id)
  })

  test('with another request is a conflict, and nothing is made', async () => {
    const before = await world.store.list(submission().run.tenant_id, 200)
    await expect(world.store.submit({ ...submission(), once: key('b') })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    })
    expect(await world.store.list(submission().run.tenant_id, 200)).toHaveLength(before.length)
  })
})

describe('an order from outside', () => {
  const order = {
    repository: 'https://git.example.org/acme/retry',
    title: 'Retry twice',
    description: 'After a failed call the client tries twice again.',
    agent: {
      kind: 'native',
      model: { provider: 'anthropic', model: 'm', api: 'anthropic', url: null as string | null },
      fallback: null,
    },
  }
  const submit = (body: unknown) => world.ask('/v1/tasks', { method: 'POST', body: JSON.stringify(body) })

  test.each([
    ['a path of the server', { ...order, repository: '/srv/secret' }, 'repository'],
    ['a file address', { ...order, repository: 'file:///srv/secret' }, 'repository'],
    [
      'a server that would be sent the key',
      { ...order, agent: { ...order.agent, model: { ...order.agent.model, url: 'https://evil.example.net' } } },
      'agent.model.url',
    ],
    [
      'a recording on the disk',
      { ...order, agent: { ...order.agent, model: { ...order.agent.model, api: 'recorded', model: '/etc/passwd' } } },
      'recording',
    ],
  ])('that names %s is not taken', async (_what, body, said) => {
    const answer = await submit(body)
    expect(answer).toMatchObject({ status: 422, body: { code: 'order_not_admitted' } })
    expect(JSON.stringify(answer.body)).toContain(said)
  })

  test.each([
    [{}, 'repository'],
    [{ ...order, mode: 'yolo' }, 'mode'],
    [{ ...order, surprise: 1 }, 'surprise'],
    [{ ...order, limits: { max_steps: -1 } }, 'limits.max_steps'],
  ])('that does not fit the contract is told each wrong field: %j', async (body, field) => {
    const answer = await submit(body)
    expect(answer).toMatchObject({ status: 422, body: { code: 'request_invalid' } })
    expect(JSON.stringify(answer.body['problems'])).toContain(field)
  })

  test.each(['', '{', '[]', '"x"', 'null', '{"a":'.repeat(2000)])('as %j is refused, never a 500', async (body) => {
    const answer = await world.ask('/v1/tasks', { method: 'POST', body })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })
})
