import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { TaskId } from '#domain/ids'
import { taskOf } from '../../../test/support/agents/scripted-session.ts'
import { buildContext, type ContextNote, type ContextRequest } from './index.ts'

const signer = (secret: string) => (text: string) => createHmac('sha256', secret).update(text).digest('hex')
const slice = (path: string) => ({ path, blob: 'b', line_range: '1-1', text: `// ${path}`, reasons: [] })
const entry = (path: string, mode = '100644') => ({ path, mode, blob: 'b', bytes: 30 })
const note = (layer: ContextNote['layer'], type: ContextNote['type']): ContextNote => ({
  layer,
  type,
  tenant_id: taskOf().tenant_id,
  repository: taskOf().repository,
  source: 'someone',
  heading: `${type}:`,
  text: `text of ${type}`,
  trust_level: 'member',
})

const requestOf = (over: Partial<ContextRequest> = {}): ContextRequest => ({
  task: taskOf(),
  source: { repository: 'acme/parser', commit: 'c'.repeat(40) },
  map: '12 files; build system npm\ncommands: full `npm test`',
  slices: [slice('src/a.ts')],
  baseline: null,
  list: [entry('AGENTS.md'), entry('src/AGENTS.md')],
  read: async (path) => Buffer.from(`guidance of ${path}`),
  sign: signer('run one'),
  shared_sign: signer('commit'),
  ...over,
})

/** A different task of the same terms, in another run. */
const other = {
  task: taskOf({ id: 'task_other' as TaskId, title: 'Numbers overflow', objective: 'parse("9e999") gives Infinity.' }),
  slices: [slice('lib/number.ts')],
  sign: signer('run two'),
}

describe('the order of a context', () => {
  it('is that of its layers, with what every run on the commit shares in front', async () => {
    const { manifest } = await buildContext(
      requestOf({
        task: taskOf({ constraints: ['Keep the API.'] }),
        notes: [
          note('reviewer_feedback', 'review_comment'),
          note('tool_results', 'tool_result'),
          note('previous_attempts', 'previous_attempt'),
          note('repository_context', 'memory'),
          note('verification_evidence', 'verification_baseline'),
        ],
      }),
    )
    expect(manifest.items.map(({ layer, type, path }) => [layer, type, ...(path === null ? [] : [path])])).toEqual([
      ['system_instruction', 'system_instruction'],
      ['capability_policy', 'policy_summary'],
      ['repository_context', 'repository_map'],
      ['repository_context', 'instruction_file', 'AGENTS.md'],
      ['task_contract', 'task_contract'],
      ['repository_context', 'instruction_file', 'src/AGENTS.md'],
      ['repository_context', 'memory'],
      ['relevant_slices', 'source_file_slice', 'src/a.ts'],
      ['previous_attempts', 'previous_attempt'],
      ['tool_results', 'tool_result'],
      ['reviewer_feedback', 'review_comment'],
      ['verification_evidence', 'verification_baseline'],
      ['constraints', 'constraints'],
    ])
  })

  it('makes two runs of different tasks on one commit begin with the same bytes, up to the task', async () => {
    const one = await buildContext(requestOf())
    const two = await buildContext(requestOf(other))
    expect(two.system).toBe(one.system)
    const end = one.opening.indexOf('The task:')
    expect(end).toBeGreaterThan(200)
    expect(two.opening.slice(0, end)).toBe(one.opening.slice(0, end))
    expect(one.opening.slice(0, end)).toContain('guidance of AGENTS.md')
    expect(two.manifest.prefix_tokens).toBe(one.manifest.prefix_tokens)
    const leading = one.manifest.items.slice(0, 4).reduce((sum, { tokens }) => sum + tokens, 0)
    expect(one.manifest.prefix_tokens).toBe(leading)
  })

  it('keys what is not shared by the run, so that no run knows the delimiters of another', async () => {
    const keys = async (over: Partial<ContextRequest>) =>
      [...(await buildContext(requestOf(over))).opening.matchAll(/<data key=(\w+)/g)].map(([, key]) => key)
    const [one, two] = [await keys({}), await keys({ sign: signer('run two') })]
    expect(two.slice(0, 2)).toEqual(one.slice(0, 2))
    expect(two.slice(2).filter((key) => one.includes(key))).toEqual([])
    expect(one.length).toBeGreaterThan(3)
  })
})

describe('guidance of folders', () => {
  const shown = async (over: Partial<ContextRequest>) =>
    (await buildContext(requestOf(over))).manifest.items.flatMap(({ type, path }) =>
      type === 'instruction_file' ? [path] : [],
    )
  const list = ['AGENTS.md', 'a/AGENTS.md', 'a/b/CLAUDE.md', 'c/AGENTS.md', '.cursorrules', 'c/.cursorrules'].map(
    (path) => entry(path),
  )

  it('counts around likely files', async () =>
    expect(await shown({ list, slices: [slice('a/b/x.ts')] })).toEqual([
      'AGENTS.md',
      '.cursorrules',
      'a/AGENTS.md',
      'a/b/CLAUDE.md',
    ]))

  it('counts around what may be changed, up to the first wildcard', async () => {
    const scope = { ...taskOf().scope, allowed_paths: ['c/**/*.ts', '**/AGENTS.md'] }
    expect(await shown({ list, slices: [], task: taskOf({ scope }) })).toEqual([
      'AGENTS.md',
      '.cursorrules',
      'c/AGENTS.md',
    ])
  })

  it('is not followed through links', async () =>
    expect(await shown({ list: [entry('a/AGENTS.md', '120000')], slices: [slice('a/x.ts')] })).toEqual([]))

  it('is what was agreed for the repository alone, where something was', async () => {
    const agreement = { version: 1, instructions_file: 'c/AGENTS.md' } as NonNullable<
      ReturnType<typeof taskOf>['agreement']
    >
    expect(await shown({ list, slices: [slice('a/b/x.ts')], task: taskOf({ agreement }) })).toEqual(['c/AGENTS.md'])
  })
})
