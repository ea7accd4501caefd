import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAccessRules } from '#control-plane/identity'
import type { RunOrder } from '#ports'
import { submission } from '../../support/store-fixtures.ts'
import { openApiWorld, type ApiWorld } from './world.ts'

const RULES = `
rules:
  - action: task.submit
    allow_if:
      - { fact: repository.risk_tier, not_in: [critical] }
      - { fact: run.mode, in: [analysis_only, draft_pr] }
  - action: run.cancel
    allow_if: [{ fact: subject.role, in: [platform_administrator] }]
    reason: Only administrators cancel this week.
`

let world: ApiWorld
const orders: RunOrder[] = []
beforeAll(async () => {
  const access = readAccessRules(RULES)
  if (!access.ok) throw new Error(access.refusal)
  const submit = async (order: RunOrder) => {
    orders.push(order)
    throw new Error('no order is carried out here')
  }
  world = await openApiWorld({ submit }, { access: access.value })
})
afterAll(() => world.close())

const order = (more: object) =>
  world.ask('/v1/tasks', {
    method: 'POST',
    body: JSON.stringify({
      repository: 'https://git.example.org/acme/retry',
      title: 'Retry twice',
      description: 'After a failed call the client tries twice again.',
      agent: { kind: 'transform', rule: { kind: 'command', argv: ['true'] } },
      ...more,
    }),
  })

const onboard = (repository: string, risk_tier: string) =>
  world.ask(`/v1/repositories/${encodeURIComponent(repository)}`, {
    method: 'PUT',
    body: JSON.stringify({ risk_tier }),
  })

test('an order is taken where every circumstance holds, and else refused with the one that does not', async () => {
  await onboard('https://git.example.org/acme/retry', 'low')
  await onboard('https://git.example.org/acme/bank', 'critical')
  await order({ mode: 'draft_pr' })
  expect(orders).toHaveLength(1)

  for (const [more, told] of [
    [{ mode: 'local_branch' }, 'run.mode must be one of analysis_only, draft_pr, and is local_branch'],
    [
      { repository: 'https://git.example.org/acme/bank' },
      'repository.risk_tier must be none of critical, and is critical',
    ],
    [
      { repository: 'https://git.example.org/acme/new' },
      'repository.risk_tier must be none of critical, and is not known',
    ],
  ] as const) {
    const answer = await order(more)
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(answer.body['detail']).toContain(told)
    expect(answer.body['remedy']).toContain('access.yaml')
  }
  expect(orders).toHaveLength(1)
})

test('an act on a run is refused with the reason that the rule gives, and open to whom it names', async () => {
  const run = await world.store.submit(submission())
  const cancel = (token: string) => world.ask(`/v1/runs/${run.id}/cancel`, { method: 'POST', body: '{}', token })
  const refused = await cancel(await world.token({ roles: ['operator'] }))
  expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect(refused.body['detail']).toContain('Only administrators cancel this week.')
  expect((await cancel(await world.token({ roles: ['operator', 'platform_administrator'] }))).status).not.toBe(403)
})
