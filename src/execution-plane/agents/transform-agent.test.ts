import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { planDefects, type Plan } from '#domain/plan'
import type { Json } from '#domain/json'
import type { TransformRule } from '#domain/task'
import { memoryJournal } from '../../../test/support/agents/memory-journal.ts'
import { scriptedTools, sessionOf, taskOf } from '../../../test/support/agents/scripted-session.ts'
import { createTransformAgent } from './transform-agent.ts'

const RULE = `
id: use-v2
language: TypeScript
rule:
  pattern: retry($TIMES, $$$REST)
fix: 'retryV2({ times: $TIMES }, $$$REST)'
`

function sourceOf(files: Readonly<Record<string, string>>): Parameters<typeof createTransformAgent>[0] {
  return {
    list: Object.entries(files).map(([path, text]) => ({
      path,
      mode: '100644',
      blob: 'b',
      bytes: Buffer.byteLength(text),
    })),
    read: async (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
  }
}

const astGrep = (source: string): TransformRule => ({ kind: 'ast_grep', source, name: 'use-v2.yaml' })

async function transform(
  rule: TransformRule,
  files: Readonly<Record<string, string>>,
  react?: (name: string, args: Json) => string | { text: string; is_error: boolean },
) {
  const journal = memoryJournal()
  const tools = scriptedTools(journal, react)
  const task = taskOf({ agent: { kind: 'transform', rule }, title: 'Move retry to v2' })
  const agent = createTransformAgent(sourceOf(files))
  const session = (phase: 'planning' | 'editing' | 'repairing') => sessionOf(journal, { tools, task, phase })
  return {
    planned: await agent.work(session('planning')),
    edit: () => agent.work(session('editing')),
    repair: () => agent.work(session('repairing')),
    tools,
  }
}

const FILES = {
  'src/a.ts': "const a = '😀'\nretry(3, work, { slow: true })\n",
  'src/b.ts': 'export const nothing = 1\n',
  'src/c.js': 'retry(3, work)\n',
}

describe('an ast-grep rule', () => {
  it('is planned by the platform with a plan that meets the quality rules', async () => {
    const { planned, tools } = await transform(astGrep(RULE), FILES)
    expect(planned.kind).toBe('planned')
    const plan = tools.called[0]?.arguments as unknown as Plan
    expect(planDefects(plan)).toEqual([])
    expect(plan.steps[0]?.target).toBe('src/a.ts')
  })

  it('rewrites what matches in its language and nothing else, guarded by the hash of the base file', async () => {
    const { edit, tools } = await transform(astGrep(RULE), FILES)
    expect(await edit()).toEqual({ kind: 'finished', summary: 'done' })
    expect(tools.called.filter(({ name }) => name === 'file_write').map(({ arguments: args }) => args)).toEqual([
      {
        path: 'src/a.ts',
        content: "const a = '😀'\nretryV2({ times: 3 }, work, { slow: true })\n",
        expected_sha256: createHash('sha256').update(FILES['src/a.ts']).digest('hex'),
      },
    ])
    expect(tools.called.at(-1)).toMatchObject({
      name: 'finish',
      arguments: { summary: 'Rewrote 1 matches of use-v2.yaml in 1 files.' },
    })
  })

  it('without a match is blocked and says so', async () => {
    const { planned, tools } = await transform(astGrep(RULE), { 'src/b.ts': FILES['src/b.ts'] })
    expect(planned).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('no match in any TypeScript file'),
    })
    expect(tools.called).toEqual([])
  })

  it('replaces the outer one of nested matches and indents a template of several lines', async () => {
    const rule = 'id: w\nlanguage: ts\nrule: { pattern: "f($A)" }\nfix: |\n  g(\n    $A,\n  )\n'
    const { edit, tools } = await transform(astGrep(rule), { 'a.ts': 'if (x) {\n  f(f(1))\n}\n' })
    await edit()
    expect(tools.called[1]?.arguments).toMatchObject({ content: 'if (x) {\n  g(\n    f(1),\n  )\n}\n' })
  })

  it('honours files, ignores, constraints and transform', async () => {
    const rule = `id: up
language: TypeScript
rule: { pattern: f($A) }
constraints: { A: { regex: "^x" } }
transform: { B: { convert: { source: $A, toCase: upperCase } } }
fix: f($B)
files: ["src/**"]
ignores: ["src/skip/**"]
`
    const text = 'f(x)\nf(y)\n'
    const { edit, tools } = await transform(astGrep(rule), {
      'src/a.ts': text,
      'src/skip/b.ts': text,
      'lib/c.ts': text,
    })
    await edit()
    expect(tools.called.filter(({ name }) => name === 'file_write').map(({ arguments: args }) => args)).toMatchObject([
      { path: 'src/a.ts', content: 'f(X)\nf(y)\n' },
    ])
  })

  it.each([
    ['no fix', 'id: a\nlanguage: ts\nrule: { pattern: x }\n', 'fix must be a text'],
    ['an unknown field', 'id: a\nlanguage: ts\nrule: { pattern: x }\nfix: y\nfixx: z\n', 'fixx'],
    [
      'an unknown language',
      'id: a\nlanguage: cobol\nrule: { pattern: x }\nfix: y\n',
      'TypeScript, Tsx, JavaScript, Html, Css are',
    ],
    ['a misspelt rule', 'id: a\nlanguage: ts\nrule: { patern: x }\nfix: y\n', 'unknown field `patern`'],
    ['broken YAML', 'id: a\nrule: [\n', 'Line 3'],
    ['no document', '', 'empty'],
    [
      'an alias bomb',
      `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n`,
      'line 1',
    ],
  ])('with %s is blocked with what is wrong', async (_what, source, says) => {
    const { planned } = await transform(astGrep(source), FILES)
    expect(planned).toMatchObject({ kind: 'blocked', reason: expect.stringContaining(says) })
  })

  it('over many files spreads its writes over several turns', async () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`src/f${n}.ts`, 'retry(1, x)\n']))
    const { edit, tools } = await transform(astGrep(RULE), many)
    expect((await edit()).kind).toBe('finished')
    expect(new Set(tools.called.map(({ key }) => key)).size).toBe(122)
    expect(tools.called.filter(({ key }) => key.startsWith('tool:1:0:'))).toHaveLength(50)
  })

  it('is blocked where a write is refused', async () => {
    const { edit } = await transform(astGrep(RULE), FILES, (name) =>
      name === 'file_write' ? { text: 'src/a.ts is protected', is_error: true } : 'ok',
    )
    expect(await edit()).toMatchObject({
      kind: 'blocked',
      reason: 'Writing src/a.ts was refused: src/a.ts is protected',
    })
  })
})

describe('a command', () => {
  const rule: TransformRule = { kind: 'command', argv: ['npx', 'codemod', 'src'] }

  it('is run in the sandbox as it is and handed in', async () => {
    const { planned, edit, tools } = await transform(rule, FILES, (name) =>
      name === 'shell_exec' ? 'exit code 0 after 0.2 s\nno output' : 'ok',
    )
    expect(planned.kind).toBe('planned')
    expect(planDefects(tools.called[0]?.arguments as unknown as Plan)).toEqual([])
    expect(await edit()).toMatchObject({ kind: 'finished' })
    expect(tools.called[1]).toMatchObject({ name: 'shell_exec', arguments: { argv: ['npx', 'codemod', 'src'] } })
  })

  it.each([
    ['ends with another exit code', { text: 'exit code 1 after 0.2 s\nstderr:\nno such codemod', is_error: false }],
    ['runs into its limit', { text: 'stopped at its limit of 600 s\nexit code 0', is_error: false }],
    ['is refused', { text: 'curl is not allowed', is_error: true }],
  ])('that %s is blocked with what was seen', async (_what, answer) => {
    const { edit, tools } = await transform(rule, FILES, (name) => (name === 'shell_exec' ? answer : 'ok'))
    expect(await edit()).toMatchObject({ kind: 'blocked', reason: expect.stringContaining(answer.text) })
    expect(tools.called.map(({ name }) => name)).not.toContain('finish')
  })

  it('never repairs', async () => {
    const { repair } = await transform(rule, FILES)
    expect(await repair()).toMatchObject({ kind: 'blocked', reason: expect.stringContaining('cannot mend') })
  })
})
