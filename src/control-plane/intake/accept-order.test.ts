import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '#domain/budget'
import { formatId } from '#domain/ids'
import { DEFAULT_SCOPE } from '#domain/task'
import type { Identifiers, RunOrder } from '#ports'
import { acceptOrder } from './index.ts'

let made = 0
const identifiers: Identifiers = { make: (kind) => formatId(kind, new Uint8Array(16).fill(++made)) }

const order = (changes: Partial<Omit<RunOrder, 'words'>> & { words?: Partial<RunOrder['words']> } = {}): RunOrder => ({
  requester: 'ada',
  base_ref: null,
  mode: 'draft_pr',
  scope: DEFAULT_SCOPE,
  agent: { kind: 'transform', rule: { kind: 'command', argv: ['true'] } },
  verification: null,
  limits: DEFAULT_LIMITS,
  keys: {},
  ...changes,
  words: {
    source: 'cli',
    source_url: null,
    repository: '/r',
    title: 'Cap the retry delay',
    description: 'The delay grows without bound. It must never exceed the configured maximum.',
    acceptance_criteria: [],
    constraints: [],
    deadline: null,
    attachments: [],
    risk_hints: [],
    expected_output: null,
    owner: null,
    ...changes.words,
  },
})

describe('accepting an order', () => {
  test('derives criteria where none are stated and keeps them apart', () => {
    const accepted = acceptOrder(order(), identifiers)
    expect(accepted.ok && accepted.value.task.success_criteria).toEqual([
      { text: 'It must never exceed the configured maximum.', origin: 'derived' },
      { text: 'The tests that passed before still pass.', origin: 'derived' },
    ])
  })

  test('keeps stated criteria and ties the task to its request', () => {
    const accepted = acceptOrder(order({ words: { acceptance_criteria: ['delay(40) is 30000'] } }), identifiers)
    if (!accepted.ok) throw new Error(accepted.refusal.message)
    expect(accepted.value.task.success_criteria).toEqual([{ text: 'delay(40) is 30000', origin: 'stated' }])
    expect(accepted.value.task.request_id).toBe(accepted.value.request.id)
    expect(accepted.value.task.trust).toBe('operator')
  })

  test('of an issue from a forge does not trust its author', () => {
    const accepted = acceptOrder(order({ words: { source: 'issue_url' } }), identifiers)
    expect(accepted.ok && accepted.value.task.trust).toBe('unknown')
  })

  test('refuses a vague one and says what is missing', () => {
    const refused = acceptOrder(order({ words: { title: 'fix bug', description: '' } }), identifiers)
    expect(refused.ok ? undefined : refused.refusal).toMatchObject({
      code: 'task_unclear',
      missing: [expect.stringContaining('a problem statement'), expect.stringContaining('acceptance criteria')],
    })
  })

  test.each([
    [{ limits: { ...DEFAULT_LIMITS, max_cost_usd: Number.NaN } }, 'max_cost_usd must be 0 or more'],
    [{ limits: { ...DEFAULT_LIMITS, max_steps: -1 } }, 'max_steps must be 0 or more'],
    [{ scope: { ...DEFAULT_SCOPE, allowed_paths: ['../x'] } }, 'must be relative to the repository'],
    [{ words: { repository: ' ' } }, 'no repository is named'],
    [{ review: { head_ref: 'x', evidence: null, earlier: [] } }, 'its mode must be analysis_only'],
  ])('refuses what cannot hold: %j', (changes, message) => {
    const refused = acceptOrder(order(changes), identifiers)
    expect(refused.ok ? 'accepted' : refused.refusal.message).toContain(message)
  })
})
