import { describe, expect, it } from 'vitest'
import { formatId, type RunId } from '#domain/ids'
import type { JsonObject } from '#domain/json'
import { DEFAULT_SCOPE, type TaskScope } from '#domain/task'
import { createPolicy } from './index.ts'

const policy = createPolicy({ identifiers: { make: (kind) => formatId(kind, new Uint8Array(16)) } })
const run_id: RunId = formatId('run', new Uint8Array(16))
const decide = (action: string, facts: JsonObject, paths: readonly string[] = [], scope: TaskScope = DEFAULT_SCOPE) =>
  policy.decide({
    action,
    run_id,
    state: action === 'tree.path' ? 'verifying' : 'preparing',
    paths,
    argv: [],
    scope,
    args_hash: 'a'.repeat(64),
    facts,
  })

describe('a refused host', () => {
  const asked = (host: string, more: JsonObject = {}) =>
    decide('egress.connect', { host, rule: 'egress.host', may_ask: true, ...more }).answer

  it.each(['registry.example.org', 'Files.Example.com', 'a.b.co', 'x.example.org:443'])('%s is asked for', (host) => {
    expect(asked(host)).toBe('ask')
  })

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '[::1]',
    '::1',
    '169.254.169.254',
    'metadata.google.internal',
    'localhost',
    'db.local',
    'nas.home.arpa',
    'server',
    'x.example.org:8443',
    'x.example.org@evil',
    '',
  ])('%s is closed to every run', (host) => {
    expect(asked(host)).toBe('deny')
  })

  it('that leads to a private address is closed, however public its name is', () => {
    expect(asked('registry.example.org', { rule: 'egress.address' })).toBe('deny')
  })

  it('is not asked for where the profile asks nobody', () => {
    expect(asked('registry.example.org', { may_ask: false })).toBe('deny')
  })
})

describe('opening a sandbox', () => {
  const facts = {
    trust: 'operator',
    isolation: 'shared_kernel',
    required_isolation: 'shared_kernel',
    missing_controls: [],
    empty_resources: [],
  } as const
  const opens = (more: JsonObject) => decide('sandbox.open', { ...facts, ...more })

  it('is allowed where the machine holds what is required', () => {
    expect(opens({}).answer).toBe('allow')
    expect(opens({ isolation: 'own_kernel', required_isolation: 'user_kernel' }).answer).toBe('allow')
  })

  it.each([
    ['a weaker class', { required_isolation: 'user_kernel' }, 'sandbox.isolation'],
    ['a missing control', { missing_controls: ['cpu_limit'] }, 'sandbox.controls'],
    ['a resource of 0', { empty_resources: ['pids'] }, 'sandbox.no_resources'],
    ['an unknown class', { isolation: 'stronger' }, 'sandbox.unknown_class'],
    ['an unknown author', { trust: 'somebody' }, 'sandbox.isolation'],
    ['a list that is none', { missing_controls: 'no' }, 'sandbox.controls'],
  ] as const)('with %s is refused and the rule is named', (_, more, rule) => {
    const { answer, matched_rules } = opens(more)
    expect(answer).toBe('deny')
    expect(matched_rules).toEqual(expect.arrayContaining([{ policy: 'platform', rule, effect: 'deny' }]))
  })
})

describe('paths of a sandbox profile', () => {
  const scope: TaskScope = { ...DEFAULT_SCOPE, writable_paths: [['**'], ['src/**']], read_only_paths: ['src/gen/**'] }
  const changes = (path: string, of: TaskScope = scope) => decide('tree.path', {}, [path], of).answer

  it('open what every list covers and close the rest', () => {
    expect(changes('src/a.ts')).toBe('allow')
    expect(changes('docs/a.md')).toBe('deny')
    expect(changes('src/gen/a.ts')).toBe('deny')
  })

  it('that are empty open nothing', () => {
    expect(changes('src/a.ts', { ...DEFAULT_SCOPE, writable_paths: [] })).toBe('deny')
    expect(changes('src/a.ts', { ...DEFAULT_SCOPE, writable_paths: [[]] })).toBe('deny')
  })
})
