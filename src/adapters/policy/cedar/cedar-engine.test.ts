import { describe, expect, it } from 'vitest'
import type { ForbidRequest } from '#ports'
import { createCedarEngine } from './index.ts'

const engine = createCedarEngine({
  actions: { 'file.write': 'path', 'shell.exec': 'command', 'egress.connect': 'host', 'run.prepare': 'repository' },
})

const request = (over: Partial<ForbidRequest> = {}): ForbidRequest => ({
  action: 'file.write',
  principal: {
    run_id: 'run_1',
    tenant: 'ten_1',
    repository: 'https://forge.example.org/a/b',
    capability: 'fix',
    mode: 'draft_pr',
    trust: 'operator',
    requester: 'ann',
  },
  resource: { kind: 'path', components: ['.github', 'workflows', 'x.yml'] },
  context: { state: 'editing', tool: 'file_write', branch: '', content_class: 'text', change_classes: [] },
  ...over,
})

function answers(text: string, over: Partial<ForbidRequest> = {}) {
  const prepared = engine.prepare(text)
  if (!prepared.ok) throw new Error(prepared.refusal.join('; '))
  const asked = prepared.value.ask(request(over))
  return asked.ok ? asked.value.map(({ rule, effect }) => `${rule} ${effect}`) : asked.refusal
}

const problems = (text: string): string => {
  const prepared = engine.prepare(text)
  return prepared.ok ? '' : prepared.refusal.join('; ')
}

describe('a policy that forbids', () => {
  it.each([
    ['resource in Folder::".github"'],
    ['resource.path like "*/.github/*"'],
    ['resource.components.contains(".github")'],
    ['resource.extension == "yml"'],
    ['principal.capability == "fix"'],
  ])('speaks where %s holds, and not elsewhere', (condition) => {
    const text = `@id("ci") @effect("ask") forbid (principal, action == Action::"file.write", resource) when { ${condition} };`
    expect(answers(text)).toEqual(['ci ask'])
    const elsewhere = { resource: { kind: 'path', components: ['src', 'a.ts'] } } as const
    const other = { ...request().principal, capability: 'upgrade' }
    expect(answers(text, { ...elsewhere, principal: other })).toEqual([])
  })

  it('is told with every other that matches', () => {
    const text = ['a', 'b', 'c']
      .map(
        (id) =>
          `@id("${id}") forbid (principal, action, resource) when { principal.trust == "${id === 'c' ? 'outsider' : 'operator'}" };`,
      )
      .join('\n')
    expect(answers(text)).toEqual(['a deny', 'b deny'])
  })

  it('sees programs, hosts and repositories', () => {
    const command =
      '@id("make") forbid (principal, action == Action::"shell.exec", resource) when { resource.words.contains("deploy") };'
    expect(
      answers(command, { action: 'shell.exec', resource: { kind: 'command', words: ['make', 'deploy'] } }),
    ).toEqual(['make deny'])
    const host =
      '@id("h") forbid (principal, action == Action::"egress.connect", resource) when { resource.domains.contains("example.org") };'
    expect(answers(host, { action: 'egress.connect', resource: { kind: 'host', name: 'a.example.org' } })).toEqual([
      'h deny',
    ])
  })
})

describe('what goes wrong', () => {
  it('while deciding is an error, and never a policy that did not match', () => {
    const text =
      '@id("sum") forbid (principal, action == Action::"file.write", resource) when { 9223372036854775807 + 1 > 0 };'
    expect(answers(text)).toContain('overflow')
  })

  it('with an action that the schema does not know is an error', () => {
    expect(answers('@id("a") forbid (principal, action, resource);', { action: 'file.melt' })).toContain('file.melt')
  })
})

it.each([
  ['@id("a") permit (principal, action, resource);', 'permit` would widen'],
  ['forbid (principal, action, resource);', 'needs an @id'],
  ['@id("a") forbid (principal, action, resource);\n@id("a") forbid (principal, action, resource);', 'given twice'],
  ['\n@id("a") forbid (principal, action, resource', 'line 2'],
  ['@id("a") @effect("allow") forbid (principal, action, resource);', '@effect must be'],
  ['@id("a") @color("red") forbid (principal, action, resource);', '@color is no known annotation'],
  ['@id("a") forbid (principal, action, resource) when { resource.path like "/x/*" };', 'path'],
  ['@id("a") forbid (principal, action == Action::"file.melt", resource);', 'file.melt'],
  [
    '@id("a") forbid (principal, action == Action::"file.write", resource) when { resource.path like "*/.GitHub/*" };',
    'lower case',
  ],
  ['@id("a") forbid (principal, action == Action::"file.write", resource in Folder::"SRC");', 'lower case'],
  ['@id("a") forbid (principal == ?principal, action, resource);', 'template'],
])('%j is refused', (text, said) => {
  expect(problems(text)).toContain(said)
})

describe('policies of several levels that are asked together', () => {
  const prepare = (text: string) => {
    const prepared = engine.prepare(text)
    if (!prepared.ok) throw new Error(prepared.refusal.join('; '))
    return prepared.value
  }
  const closing = (path: string, effect = 'deny') =>
    prepare(
      `@id("same") @effect("${effect}") forbid (principal, action, resource) when { resource has path && resource.path like "${path}" };`,
    )
  const paths = ['*/.github/*', '*/x.yml', '*/src/*', '*']
  const levels = [...paths.map((path) => closing(path)), ...paths.map((path) => closing(path, 'ask'))]

  it('answer each for itself, as they do alone, though their rules have one name', () => {
    const [first, ...others] = levels
    for (const components of [['.github', 'workflows', 'x.yml'], ['src', 'a.ts'], ['src', 'x.yml'], ['readme.md']]) {
      const asked = request({ resource: { kind: 'path', components } })
      expect(first?.askTogether(others, asked)).toEqual(levels.map((level) => level.ask(asked)))
    }
  })

  it('are each asked by themselves where another engine made some of them', () => {
    const asked = request()
    const foreign = { ...closing('*') }
    expect(closing('*/src/*').askTogether([foreign], asked)).toEqual([{ ok: true, value: [] }, foreign.ask(asked)])
  })
})
