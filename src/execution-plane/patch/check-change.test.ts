import { describe, expect, it } from 'vitest'
import type { RunId } from '#domain/ids'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import { createRedactor } from '#evidence-plane/redaction'
import { changeOf, errors, gate, policy, type Options, type Tree } from '../../../test/support/change-gates.ts'
import { checkChange } from './index.ts'

it('every gate over the change answers, in a fixed order', async () => {
  const change = changeOf({}, { 'a.ts': 'x\n' })
  const repository = { readFile: async () => Buffer.from('x\n'), listFiles: async () => [] }
  const task = { scope: DEFAULT_SCOPE, success_criteria: [] } as unknown as Task
  const verdicts = await checkChange({
    task,
    run_id: 'run_x' as RunId,
    state: 'verifying',
    change,
    refused: [],
    repository,
    policy,
    redactor: createRedactor(),
  })
  expect(verdicts.map(({ gate: name, answer }) => [name, answer])).toEqual([
    ['boundary', 'pass'],
    ['protected_files', 'pass'],
    ['secrets', 'pass'],
    ['special_files', 'pass'],
    ['dependencies', 'pass'],
    ['test_integrity', 'pass'],
  ])
})

describe('boundary and protected files', () => {
  it('a path outside the scope fails the boundary; one inside passes', async () => {
    const scope = { allowed_paths: ['src/a.ts'] }
    expect(errors(await gate('boundary', {}, { 'src/b.ts': '' }, { scope }))).toEqual(['task.outside_scope'])
    expect((await gate('boundary', {}, { 'src/a.ts': '' }, { scope })).answer).toBe('pass')
  })

  it('a protected file fails its own gate, and not the boundary', async () => {
    const after = { '.github/workflows/x.yml': 'on: push\n' }
    expect(await gate('protected_files', {}, after)).toMatchObject({
      answer: 'fail',
      findings: [{ rule: 'protected.ci', path: '.github/workflows/x.yml' }],
    })
    expect((await gate('boundary', {}, after)).answer).toBe('pass')
  })

  it('more files or lines than the task allows fail; exactly as many pass', async () => {
    const two = { 'a.ts': '1\n', 'b.ts': '2\n' }
    expect(errors(await gate('boundary', {}, two, { scope: { max_changed_files: 1 } }))).toEqual([
      'task.max_changed_files',
    ])
    expect((await gate('boundary', {}, two, { scope: { max_changed_files: 2 } })).answer).toBe('pass')
    expect(errors(await gate('boundary', {}, two, { scope: { max_diff_lines: 3 } }))).toEqual(['task.max_diff_lines'])
    expect((await gate('boundary', {}, two, { scope: { max_diff_lines: 4 } })).answer).toBe('pass')
  })
})

describe('secrets', () => {
  const token = ['ghp', 'aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1eF3hJ5'].join('_')
  it('a token in an added line is found with its line and never repeated', async () => {
    const verdict = await gate('secrets', { 'a.ts': 'one\n' }, { 'a.ts': `one\ntwo\nconst t = '${token}'\n` })
    expect(verdict).toMatchObject({ answer: 'fail', findings: [{ rule: 'secret.in_diff', path: 'a.ts', line: 3 }] })
    expect(JSON.stringify(verdict)).not.toContain(token)
  })

  it('a token that was there before passes, also when its line moves', async () => {
    const line = `const t = '${token}'`
    expect((await gate('secrets', { 'a.ts': `${line}\none\n` }, { 'a.ts': `one\nnew\n${line}\n` })).answer).toBe('pass')
  })

  it('a token is found in a file name, in UTF-16 text, in a binary file and behind -diff attributes', async () => {
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`x = ${token}\n`, 'utf16le')])
    const binary = Buffer.concat([Buffer.from([0, 1, 2]), Buffer.from(token), Buffer.from([0])])
    expect(errors(await gate('secrets', {}, { [`${token}.txt`]: 'x' }))).toEqual(['secret.in_name'])
    expect(errors(await gate('secrets', {}, { 'a.txt': wide }))).toEqual(['secret.in_diff'])
    expect(errors(await gate('secrets', {}, { 'a.bin': binary }))).toEqual(['secret.in_binary'])
    expect(
      errors(
        await gate('secrets', { '.gitattributes': '* -diff\n' }, { '.gitattributes': '* -diff\n', 'a.txt': token }),
      ),
    ).toEqual(['secret.in_diff'])
  })

  it('a private key over many lines is named where it begins', async () => {
    const key = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIBOgIBAAJBALe7hs26gV3XnU6CCgJe\n'.repeat(8)}-----END RSA PRIVATE KEY-----\n`
    expect(await gate('secrets', {}, { 'deploy/key.txt': `first\n${key}` })).toMatchObject({
      answer: 'fail',
      findings: [{ line: 2 }],
    })
  })

  it('lockfile hashes, UUIDs and commit ids pass', async () => {
    const lock = `"integrity": "sha512-${Buffer.from('x'.repeat(64)).toString('base64')}"\nid: 3f2504e0-4f89-11d3-9a0c-0305e82c3301\nsha: ${'0a1b2c3d4e'.repeat(4)}\n`
    expect((await gate('secrets', {}, { 'package-lock.json': lock })).answer).toBe('pass')
  })
})

describe('special files', () => {
  const cases: readonly (readonly [
    fact: string,
    caught: readonly [Tree, Tree, Options?],
    rule: string,
    honest: readonly [Tree, Tree, Options?],
  ])[] = [
    [
      'a link that leaves the repository',
      [{}, { 'd/l': '../../etc/passwd' }, { modes: { 'd/l': [null, '120000'] } }],
      'file.link_outside',
      [{}, { 'd/l': '../a' }, { modes: { 'd/l': [null, '120000'] } }],
    ],
    [
      'an absolute link',
      [{}, { l: '/proc/self/environ' }, { modes: { l: [null, '120000'] } }],
      'file.link_outside',
      [{}, { l: 'proc/self' }, { modes: { l: [null, '120000'] } }],
    ],
    [
      'a link into .git',
      [{}, { l: '.git/config' }, { modes: { l: [null, '120000'] } }],
      'file.link_outside',
      [{}, { l: '.gitignore' }, { modes: { l: [null, '120000'] } }],
    ],
    ['a submodule', [{}, { sub: '' }, { modes: { sub: [null, '160000'] } }], 'file.submodule', [{}, { 'sub/a': '' }]],
    [
      'a file that becomes executable',
      [{ a: 'x' }, { a: 'x' }, { modes: { a: ['100644', '100755'] } }],
      'file.made_executable',
      [{ a: 'x' }, { a: 'y' }, { modes: { a: ['100755', '100755'] } }],
    ],
    ['a binary file', [{}, { 'a.png': Buffer.from([0x89, 0, 1]) }], 'file.binary', [{}, { 'a.svg': '<svg/>' }]],
    [
      'generated code without its source',
      [{ 'a.ts': '// @generated by x\n1\n' }, { 'a.ts': '// @generated by x\n2\n' }],
      'file.generated',
      [
        { 'api.pb.go': '1\n', 'api.proto': 'a\n' },
        { 'api.pb.go': '2\n', 'api.proto': 'b\n' },
      ],
    ],
    [
      'a file too large to review',
      [{}, { 'a.json': 'x\n'.repeat(600_000) }],
      'file.too_large',
      [{}, { 'a.json': 'x\n'.repeat(100_000) }],
    ],
    ['a minified line', [{}, { 'a.js': 'x'.repeat(6_000) }], 'file.minified', [{}, { 'a.json': 'x'.repeat(6_000) }]],
    [
      'a name that differs by case alone',
      [{ 'src/App.ts': '' }, { 'src/App.ts': '', 'src/app.ts': '' }],
      'file.name_collision',
      [{ 'src/App.ts': '' }, { 'src/App.ts': '', 'src/app-view.ts': '' }],
    ],
    [
      'a folder that differs by case alone',
      [{ 'Lib/a.ts': '' }, { 'Lib/a.ts': '', 'lib/b.ts': '' }],
      'file.name_collision',
      [{ 'Lib/a.ts': '' }, { 'Lib/a.ts': '', 'Lib/b.ts': '' }],
    ],
    [
      'text that turns its direction',
      [{}, { 'a.ts': 'const a = "\u202e"\n' }],
      'file.invisible_character',
      [{}, { 'a.ts': 'const a = "עברית 👨‍👩‍👧 naïve"\n' }],
    ],
    [
      'an attribute that keeps files out of diffs',
      [{}, { '.gitattributes': '*.ts -diff linguist-generated\n' }],
      'file.review_evasion',
      [{}, { '.gitattributes': '*.ts text eol=lf\n# -diff\n' }],
    ],
    [
      'an attribute that has files read as UTF-16',
      [{}, { 'src/.gitattributes': 'a.ts working-tree-encoding=UTF-16\n' }],
      'file.review_evasion',
      [{ '.gitattributes': '*.png binary\n' }, { '.gitattributes': '*.png binary\n*.sh text\n' }],
    ],
    [
      'a name that turns its direction',
      [{}, { 'src/exe\u202egpj.ts': '' }],
      'file.invisible_name',
      [{}, { 'src/עברית.ts': '' }],
    ],
    [
      'a name that differs by normal form alone',
      [{ 'caf\u00e9.ts': '' }, { 'caf\u00e9.ts': '', 'cafe\u0301.ts': '' }],
      'file.name_collision',
      [{ 'caf\u00e9.ts': '' }, { 'caf\u00e9.ts': '', 'cafe.ts': '' }],
    ],
    ['tag characters', [{}, { 'a.md': 'hello\u{e0041}\n' }], 'file.invisible_character', [{}, { 'a.md': 'hello\n' }]],
    [
      'a backspace in code',
      [{}, { 'a.sh': 'rm -rf\b\b\n' }],
      'file.invisible_character',
      [{}, { 'a.sh': '\trm -rf\r\n' }],
    ],
  ]
  for (const [fact, caught, rule, honest] of cases)
    it(`${fact} fails, its honest neighbour passes`, async () => {
      expect(errors(await gate('special_files', ...caught))).toContain(rule)
      expect(errors(await gate('special_files', ...honest))).toEqual([])
    })

  it('what capture refused fails by name', async () => {
    const refused = [{ path: 'pipe', reason: 'is a fifo' }]
    expect(await gate('special_files', {}, {}, { refused })).toMatchObject({
      answer: 'fail',
      findings: [{ rule: 'file.refused', path: 'pipe' }],
    })
  })
})
