import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHttpPlatform } from '#api/client'
import { strengthOf } from '#domain/autonomy'
import { LOCAL_TENANT } from '#domain/ids'
import { openPlatformWorld, type PlatformWorld } from './platform-world.ts'

let world: PlatformWorld
beforeAll(async () => {
  world = await openPlatformWorld()
})
afterAll(() => world.close())

const CORPUS = 'c'.repeat(64)
const count = { gate: 'secrets', caught: { hits: 1, of: 20 }, false_alarms: { hits: 0, of: 8 } } as const
const client = (token = world.token) => createHttpPlatform({ url: world.url, token, fetch: globalThis.fetch })

async function post(body: unknown, token = world.token): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await world.api.inject({
    method: 'POST',
    url: '/v1/gates/calibrations',
    headers,
    payload: JSON.stringify(body),
  })
  return answer.statusCode
}

test('what a calibration counted is recorded over a server, under the caller’s name, with the server’s own floor', async () => {
  // Whoever counted says it is a proof; one of twenty is none.
  const boasted = { ...strengthOf(count), floor: 0, standing: 'proof' } as const
  const record = { repository: null, corpus: CORPUS, by: 'mallory', gates: [boasted] }
  expect(await client().autonomy?.calibrated?.(record)).toEqual([{ gate: 'secrets', to: 'advice' }])
  expect(await client().autonomy?.gates?.()).toMatchObject([
    { gate: 'secrets', standing: 'advice', floor: 0.97, measured_by: 'local administrator', repository: null },
  ])
  const better = { ...record, gates: [strengthOf({ ...count, caught: { hits: 20, of: 20 } })] }
  expect(await client().autonomy?.calibrated?.(better)).toEqual([{ gate: 'secrets', to: 'proof' }])
})

test('whoever may only look at policy may read figures and record none', async () => {
  const grants = [{ role: 'auditor', repository: null }] as const
  const wish = { tenant_id: LOCAL_TENANT, kind: 'person', name: 'olga', oidc: null, grants } as const
  const olga = await world.identities.create(wish, 'test')
  const issue = { label: 'x', scopes: null, expires_at: null }
  const { token } = await world.identities.issue(LOCAL_TENANT, olga.id, issue, 'test')
  const body = { repository: null, corpus: CORPUS, gates: [count] }
  expect(await post(body, token)).toBe(403)
  expect(await client(token).autonomy?.gates?.()).toHaveLength(1)
})

test.each([
  ['more was caught than there was', [{ ...count, caught: { hits: 3, of: 2 } }]],
  ['nothing was tried', [{ ...count, caught: { hits: 0, of: 0 } }]],
  ['one gate twice', [count, count]],
  ['a gate that nobody calibrates', [{ ...count, gate: 'approval' }]],
  ['a standing of one’s own', [{ ...count, standing: 'proof' }]],
])('figures that cannot be are refused: %s', async (_, gates) => {
  expect(await post({ repository: null, corpus: CORPUS, gates })).toBe(422)
})
