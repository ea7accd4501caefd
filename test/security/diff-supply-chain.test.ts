import { describe, expect, it } from 'vitest'
import type { RunId } from '#domain/ids'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import { createRedactor } from '#evidence-plane/redaction'
import { examineChange } from '#execution-plane/patch'
import { checkLockfileChange } from '#execution-plane/lockfiles'
import { changeOf, policy, type Tree } from '../support/change-gates.ts'

interface Wish {
  readonly constraints?: readonly string[]
  readonly scope?: Partial<typeof DEFAULT_SCOPE>
  readonly capability?: string
}

/** What the gates say of the change between two trees, with the rules of each. */
async function examine(
  before: Tree,
  after: Tree,
  { constraints = [], scope = {}, capability = 'code.change' }: Wish = {},
) {
  const content = (tree: Tree, path: string) => (tree[path] === undefined ? undefined : Buffer.from(tree[path]))
  const examined = await examineChange({
    task: {
      scope: { ...DEFAULT_SCOPE, ...scope },
      success_criteria: [],
      constraints,
      capability,
      trust: 'operator',
    } as unknown as Task,
    run_id: 'run_x' as RunId,
    state: 'verifying',
    change: changeOf(before, after),
    refused: [],
    repository: {
      readFile: async (tree: string, path: string) => content(tree === 'base' ? before : after, path),
      listFiles: async () => Object.keys(after).map((path) => ({ path, mode: '100644', blob: '', bytes: 1 })),
    },
    policy,
    redactor: createRedactor(),
  })
  const failed = examined.verdicts.filter(({ answer }) => answer !== 'pass')
  const rules = failed.flatMap(({ findings }) =>
    findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule),
  )
  return { ...examined, failed: failed.map(({ gate }) => gate), rules }
}

type Case = readonly [
  fact: string,
  stopped: readonly [Tree, Tree, Wish?],
  rule: string,
  honest: readonly [Tree, Tree, Wish?],
]

const dense = `${Array.from({ length: 8 }, () => 'a=b;'.repeat(150)).join('\n')}\n`
const cases: readonly Case[] = [
  [
    'TI-08 a change outside of the task, such as an unrelated module that a reviewer asks for',
    [{}, { 'other/b.ts': 'x\n' }, { scope: { allowed_paths: ['src/a.ts'] } }],
    'task.outside_scope',
    [{}, { 'src/a.ts': 'x\n' }, { scope: { allowed_paths: ['src/a.ts'] } }],
  ],
  [
    'TI-08 more lines than the task allows',
    [{}, { 'a.ts': 'x\n'.repeat(50) }, { scope: { max_diff_lines: 40 } }],
    'task.max_diff_lines',
    [{}, { 'a.ts': 'x\n'.repeat(30) }, { scope: { max_diff_lines: 40 } }],
  ],
  ['TI-08 a minified blob', [{}, { 'a.js': dense }], 'file.minified', [{}, { 'a.js': 'const a = 1\n'.repeat(50) }]],
  [
    'TI-08 a vendored file without its source',
    [{}, { 'vendor/x.ts': 'x\n' }],
    'file.generated',
    [{}, { 'src/vendors.ts': 'x\n' }],
  ],
  [
    'TI-08 an invisible character in code',
    [{}, { 'a.ts': 'const a\u200b = 1\n' }],
    'file.invisible_character',
    [{}, { 'a.ts': 'const a = "é"\n' }],
  ],
  [
    'TI-08 a word of two alphabets in code',
    [{}, { 'a.ts': 'const p\u0430ypal = 1\n' }],
    'file.look_alike',
    [{}, { 'a.ts': '// слово\nconst name = "Привет"\n' }],
  ],
  [
    'TI-08 a pointer to content elsewhere',
    [{}, { 'a.ts': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n' }],
    'file.lfs_pointer',
    [{}, { 'a.ts': '// version https://git-lfs.github.com/spec/v1\n' }],
  ],
  [
    'a workflow of CI',
    [{}, { '.github/workflows/build.yml': 'on: push\n' }],
    'protected.ci',
    [{}, { 'docs/build.yml': 'on: push\n' }],
  ],
  [
    'a generated file without its source',
    [
      { 'api.pb.go': 'a\n', 'api.proto': 'a\n' },
      { 'api.pb.go': 'b\n', 'api.proto': 'a\n' },
    ],
    'file.generated',
    [
      { 'api.pb.go': 'a\n', 'api.proto': 'a\n' },
      { 'api.pb.go': 'b\n', 'api.proto': 'b\n' },
    ],
  ],
  [
    'a token',
    [{}, { 'a.ts': `const t = '${['ghp', 'aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1eF3hJ5'].join('_')}'\n` }],
    'secret.in_diff',
    [{}, { 'a.ts': "const t = process.env['TOKEN']\n" }],
  ],
  [
    'an exported function that the task keeps',
    [
      { 'a.ts': 'export function f(a: number) {}\n' },
      { 'a.ts': 'export function f(a: string) {}\n' },
      { constraints: ['Do not change the public API'] },
    ],
    'constraint.public_api',
    [
      { 'a.ts': 'export function f(a: number) { return 1 }\n' },
      { 'a.ts': 'export function f(a: number) { return 2 }\n' },
      { constraints: ['Do not change the public API'] },
    ],
  ],
  [
    'a schema that the task keeps',
    [
      { 'api/openapi.yaml': 'a: 1\n' },
      { 'api/openapi.yaml': 'a: 2\n' },
      { constraints: ['Keep the schema unchanged.'] },
    ],
    'constraint.schema',
    [{ 'a.ts': '1\n' }, { 'a.ts': '2\n' }, { constraints: ['Keep the schema unchanged.'] }],
  ],
  [
    'a setting that the task keeps',
    [
      { 'config/app.yml': 'a: 1\n' },
      { 'config/app.yml': 'a: 2\n' },
      { constraints: ['Leave the configuration as is'] },
    ],
    'constraint.configuration',
    [{ 'config/app.yml': 'a: 1\n' }, { 'config/app.yml': 'a: 2\n' }],
  ],
]

describe('what a diff may hold', () => {
  for (const [fact, stopped, rule, honest] of cases)
    it(`${fact} is stopped; its honest neighbour passes`, async () => {
      expect((await examine(...stopped)).rules).toContain(rule)
      expect((await examine(...honest)).failed).toEqual([])
    })

  it("a constraint whose words leave room is a person's, and stops nothing", async () => {
    const before = { 'a.ts': 'export function f() {}\n' }
    const { failed, attention } = await examine(
      before,
      { 'a.ts': 'export function g() {}\n' },
      { constraints: ['Avoid changing the public API if possible'] },
    )
    expect(failed).toEqual([])
    expect(attention).toEqual([expect.stringContaining('if possible')])
  })

  it('each check is named with what it looked at, also where it found nothing', async () => {
    const { checks } = await examine({ 'a.ts': 'export const a = 1\n' }, { 'a.ts': 'export const a = 2\n' })
    expect(checks.map(({ check }) => check)).toEqual([
      'size',
      'scope',
      'lockfile_integrity',
      'ci_and_ownership',
      'secrets_delta',
      'generated_files',
      'large_files',
      'invisible_characters',
      'name_twins',
      'links_and_modes',
      'test_integrity',
      'public_api',
      'schema',
      'dependency_constraints',
      'configuration',
    ])
    expect(checks.find(({ check }) => check === 'public_api')).toMatchObject({
      answer: 'clean',
      looked_at: 1,
      said: expect.stringContaining('1 exported declarations compared, none changed'),
    })
    expect(checks.every(({ findings, said }) => findings.length === 0 && said !== '')).toBe(true)
  })
})

const manifest = (dependencies: object) => ({ 'package.json': `${JSON.stringify({ dependencies }, null, 2)}\n` })

describe('what a diff may do to dependencies', () => {
  it('SU-02 a new package does not pass where nobody agreed and no registry was asked; a small raise does', async () => {
    const { failed, verdicts } = await examine(manifest({}), manifest({ 'good-thing': '^1.0.0' }))
    expect(failed).toEqual(['dependencies'])
    expect(verdicts.find(({ gate }) => gate === 'dependencies')?.answer).toBe('unavailable')
    expect((await examine(manifest({ a: '^1.0.0' }), manifest({ a: '^1.0.1' }))).failed).toEqual([])
  })

  it('SU-02 a package from git, an address or a strange registry is refused in any task; one of the workspace passes', async () => {
    const wish = { capability: 'maintenance.dependency_update' }
    for (const wanted of ['git+https://git.evil.example/a.git', 'https://files.evil.example/a.tgz', 'file:../../a'])
      expect((await examine(manifest({}), manifest({ a: wanted }), wish)).rules, wanted).toContain('dependency.source')
    const npmrc = { '.npmrc': 'registry=https://npm.evil.example/\n' }
    expect((await examine({}, npmrc, wish)).rules).toContain('dependency.registry_changed')
    expect((await examine(manifest({}), manifest({ a: 'workspace:*' }), wish)).failed).toEqual([])
  })

  it('"no new dependencies" stops an added one also in a task about dependencies; a raise of what is there passes', async () => {
    const wish = { constraints: ['No new dependencies.'], capability: 'maintenance.dependency_update' }
    expect((await examine(manifest({}), manifest({ a: '^1.0.0' }), wish)).rules).toContain('constraint.dependencies')
    expect((await examine(manifest({ a: '^1.0.0' }), manifest({ a: '^1.1.0' }), wish)).failed).toEqual([])
  })

  it('SU-03 a lockfile that loses a hash or names another host is refused; a raise with its hash passes', async () => {
    const hash = (byte: number) => `sha512-${Buffer.alloc(64, byte).toString('base64')}`
    const lock = (version: string, entry: object, host = 'registry.example.org') =>
      JSON.stringify({
        lockfileVersion: 3,
        packages: {
          '': {},
          'node_modules/ms': { version, resolved: `https://${host}/ms/-/ms-${version}.tgz`, ...entry },
        },
      })
    const change = (before: string, after: string) => {
      const tree = (text: string) => ({ paths: [], read: async () => new TextEncoder().encode(text) })
      return checkLockfileChange(tree(before), tree(after), ['package-lock.json'])
    }
    const base = lock('2.1.3', { integrity: hash(7) })
    expect((await change(base, lock('2.1.3', {}))).map(({ rule }) => rule)).toContain('lockfile.integrity')
    expect(
      (await change(base, lock('2.1.3', { integrity: hash(7) }, 'evil.example.net'))).map(({ rule }) => rule),
    ).toContain('lockfile.address')
    expect((await change(base, lock('2.1.3', { integrity: hash(8) }))).map(({ rule }) => rule)).toContain(
      'lockfile.replaced',
    )
    expect(await change(base, lock('2.1.4', { integrity: hash(8) }))).toEqual([])
  })
})
