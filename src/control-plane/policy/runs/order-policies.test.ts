import { describe, expect, it } from 'vitest'
import { formatId, LOCAL_TENANT, type RunId } from '#domain/ids'
import { DEFAULT_SCOPE } from '#domain/task'
import type { PolicyEngine, PolicyQuestion } from '#ports'
import { createPolicy } from '../create-policy.ts'
import { policyFor } from '../levels/compile-policy.ts'
import { readPolicy } from '../levels/read-policy.ts'
import { orderLevels } from './order-policies.ts'

const noEngine = (): Promise<PolicyEngine> => Promise.reject(new Error('no Cedar is read here'))
const subject = {
  tenant_id: LOCAL_TENANT,
  repository: 'https://forge.example.org/a/b',
  capability: 'bug_fix',
  mode: 'draft_pr',
  trust: 'operator',
  requester: 'ann',
} as const

async function decided(
  policies: { readonly task?: string; readonly run?: string },
  more: Partial<PolicyQuestion> = {},
) {
  const levels = await orderLevels({ policies }, noEngine)
  if (!levels.ok) throw new Error(levels.refusal.join('; '))
  const policy = policyFor(levels.value, subject.repository)
  return createPolicy({
    identifiers: { make: (kind) => formatId(kind, new Uint8Array(16)) },
    levels: { policy, subject },
  }).decide({
    action: 'file.write',
    run_id: 'run_1' as RunId,
    state: 'editing',
    paths: ['src/a.ts'],
    argv: [],
    scope: DEFAULT_SCOPE,
    args_hash: 'a'.repeat(64),
    facts: { content_class: 'text', mode: 'draft_pr', tool: 'file_write' },
    ...more,
  })
}

const COMMAND = {
  action: 'shell.exec',
  paths: [],
  argv: ['make', 'deploy'],
  facts: { mode: 'draft_pr', tool: 'shell_exec' },
} as const

describe('the policy of an order', () => {
  it.each([
    ['task', 'task_policy'],
    ['run', 'run_policy'],
  ])('takes away at the level of the %s, is named by decisions and is part of the version', async (level, name) => {
    const text = 'paths: { denied: [{ rule: generated, paths: [src/**] }] }'
    const closed = await decided({ [level]: text })
    expect(closed).toMatchObject({ answer: 'deny' })
    expect(closed.matched_rules).toContainEqual({ policy: name, rule: 'generated', effect: 'deny' })
    const open = await decided({ [level]: text }, { paths: ['docs/a.md'] })
    expect(open.answer).toBe('allow')
    expect(closed.policy_version).not.toBe((await decided({})).policy_version)
  })

  it('holds for the calls of one tool where it says so, and for no other act', async () => {
    const text = 'tool_calls: { shell_exec: { commands: { asked: [{ rule: deploys, names: [make deploy] }] } } }'
    const asked = await decided({ task: text }, COMMAND)
    expect(asked.answer).toBe('ask')
    expect(asked.matched_rules).toContainEqual({ policy: 'task_policy/shell_exec', rule: 'deploys', effect: 'ask' })
    expect((await decided({ task: text }, { ...COMMAND, argv: ['make', 'test'] })).answer).toBe('allow')
    const other = { ...COMMAND, facts: { mode: 'draft_pr', tool: 'other' } }
    expect((await decided({ task: text }, other)).answer).toBe('allow')
  })

  it('is refused with every problem where it cannot be read, with its place, field and line', async () => {
    const read = await orderLevels({ policies: { task: 'paths:\n  allowed: [src]', run: 'max_mode: all' } }, noEngine)
    if (read.ok) throw new Error('it was read')
    const [task = '', run = ''] = read.refusal
    expect(task).toMatch(/the `policy` of the task: paths\.allowed \(line 2\).*only take away/)
    expect(run).toMatch(/--policy: max_mode/)
  })
})

describe('a yes to an act', () => {
  const text = 'commands: { asked: [make], denied: [docker] }'

  it('takes what would be asked, and never what is denied', async () => {
    expect((await decided({ run: text }, COMMAND)).answer).toBe('ask')
    const agreed = await decided({ run: text }, { ...COMMAND, agreed: 'appr_1' })
    expect(agreed).toMatchObject({ answer: 'allow', requested: { agreed: 'appr_1' } })
    const script = ['sh', '-c', 'make deploy; docker ps']
    expect((await decided({ run: text }, { ...COMMAND, argv: script, agreed: 'appr_1' })).answer).toBe('deny')
  })
})

const repeated = (times: number, of: (n: number) => string) => Array.from({ length: times }, (_, n) => of(n)).join('\n')

describe('a policy that is made to be slow or to look like another', () => {
  it.each<[string, string]>([
    [
      'anchors that multiply',
      `a: &a [x, x]\n${repeated(20, (n) => `b${n}: &b${n} [${`*${n === 0 ? 'a' : `b${n - 1}`}, `.repeat(9)}x]`)}`,
    ],
    ['anchors that hold themselves', 'paths: &p\n  denied: [*p]'],
    ['a thousand levels', `paths: ${'['.repeat(1_000)}${']'.repeat(1_000)}`],
    ['a glob of many wildcards', `paths: { denied: ["${'*a'.repeat(40)}"] }`],
    ['nested braces', `paths: { denied: ["${'{a,'.repeat(60)}b${'}'.repeat(60)}/**/*/**/*/**/*/**/*/**/*/**/*"] }`],
    ['a way out of the repository', 'paths: { denied: ["src/../../etc/**"] }'],
    ['a field in look-alike letters', 'pаths: { denied: [src] }'],
    ['a field given twice', 'max_mode: draft_pr\nmax_mode: local_branch'],
    ['a key that is no word', '? [a, b]\n: c'],
    ['more text than is read', `# ${'x'.repeat(200_000)}`],
  ])('%s is refused with what is wrong', (_, text) => {
    const read = readPolicy(text, { level: 'task', name: 'task_policy' })
    if (read.ok) throw new Error('it was read')
    expect(read.refusal.length).toBeGreaterThan(0)
    expect(read.refusal.length).toBeLessThan(100)
    for (const problem of read.refusal) expect(problem.length).toBeLessThan(1_000)
  })

  it.each([
    'src//a.ts',
    'src/./a.ts',
    'SRC/A.TS',
    'src/a.ts.',
    'src/a.ts ',
    'ｓrc/a.ts',
    'src/a\u200b.ts',
    'docs/../src/a.ts',
    'src/a.ts\0',
  ])('closes the path %j as it closes src/a.ts, or the platform does', async (path) => {
    const text = 'paths: { denied: [{ rule: closed, paths: [src/a.ts] }] }'
    expect((await decided({ task: text }, { paths: [path] })).answer).toBe('deny')
    expect((await decided({ task: text }, { paths: ['src/b.ts'] })).answer).toBe('allow')
  })
})
