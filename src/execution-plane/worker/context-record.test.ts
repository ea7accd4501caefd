import { expect, test } from 'vitest'
import type { ContextItem } from '#domain/context'
import type { LedgerEvent } from '#domain/event'
import { contextFlags, flagged, sharedSign } from './context-record.ts'
import type { Execution } from './execution.ts'

const item = (path: string, flags: ContextItem['flags']): ContextItem => ({
  id: 'ctx-3',
  layer: 'repository_context',
  type: 'instruction_file',
  source: 'repository',
  repository: 'acme/parser',
  path,
  commit: 'c'.repeat(40),
  line_range: null,
  trust_level: 'merged',
  freshness: 'current_commit',
  data_class: 'internal',
  content_hash: 'h',
  tokens: 1,
  shortened: false,
  flags,
})

/** As the ledger gives the event back. */
const built = (items: readonly ContextItem[]): LedgerEvent =>
  JSON.parse(JSON.stringify({ event: 'context_built', facts: { items: items.length, ...flagged(items) } }))

test('guidance that gives orders is told to whoever reviews, with its file and rule', () => {
  const flags = [{ rule: 'suspicious.overrides_rules', title: 't', lines: [2, 5] }]
  expect(contextFlags([built([item('AGENTS.md', flags), item('src/AGENTS.md', [])])])).toEqual({
    context_flags: [
      'What the model was shown as instruction file AGENTS.md holds text that reads like orders or hides something (suspicious.overrides_rules@2,5).',
    ],
  })
})

test('nothing is said where nothing was flagged, or no context was built', () => {
  expect(contextFlags([built([item('AGENTS.md', [])])])).toEqual({})
  expect(contextFlags([])).toEqual({})
})

/** What `sharedSign` asks of a run. */
const runOf = (tenant_id: string, repository: string, commit: string): Execution =>
  ({
    parts: { prefix_secret: 'of the installation' },
    run: { tenant_id },
    found: { repository: { source: { repository, commit } } },
  }) as unknown as Execution

const keyIn = (execution: Execution): string | undefined => sharedSign(execution).shared_sign?.('guidance')

test('delimiters of shared text are the same in every run on a repository, whatever its commit', () => {
  const one = keyIn(runOf('tenant_a', 'acme/shop', 'a'.repeat(40)))
  expect(one).toMatch(/^[0-9a-f]{64}$/)
  expect(keyIn(runOf('tenant_a', 'acme/shop', 'b'.repeat(40)))).toBe(one)
})

test('they are others for another tenant and another repository', () => {
  const keys = [
    runOf('tenant_a', 'acme/shop', 'a'),
    runOf('tenant_b', 'acme/shop', 'a'),
    runOf('tenant_a', 'acme/till', 'a'),
  ].map(keyIn)
  expect(new Set(keys).size).toBe(3)
})
