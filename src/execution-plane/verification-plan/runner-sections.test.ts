import { describe, expect, it } from 'vitest'
import type { Change } from '#domain/change'
import { composeBaseTests, readTestsOfChange } from './base-tests.ts'
import { withBaseSections } from './runner-sections.ts'

const putBack = (path: string, base: string | undefined, head: string): string => {
  const found = withBaseSections(path, base, head)
  return found.kind === 'put_back' ? found.content : found.kind
}

describe('how a manifest says tests are run', () => {
  it('package.json: scripts and runners are those of the base commit, dependencies those of the change', () => {
    const base = { scripts: { test: 'jest', build: 'tsc' }, jest: { bail: 0 }, dependencies: { a: '1' } }
    const head = {
      scripts: { test: 'jest --passWithNoTests || true', pretest: 'rm -r test', build: 'tsc -b' },
      dependencies: { a: '2', b: '1' },
    }
    const composed: unknown = JSON.parse(putBack('package.json', JSON.stringify(base), JSON.stringify(head)))
    expect(composed).toEqual({
      scripts: { test: 'jest', build: 'tsc -b' },
      jest: { bail: 0 },
      dependencies: { a: '2', b: '1' },
    })
    const harmless = JSON.stringify({ ...base, dependencies: { a: '2' } })
    expect(putBack('web/package.json', JSON.stringify(base), harmless)).toBe('same')
  })

  it('a manifest that is new has no way to run tests that anybody agreed to', () => {
    expect(JSON.parse(putBack('package.json', undefined, '{"jest":{"testMatch":[]},"name":"x"}'))).toEqual({
      name: 'x',
    })
  })

  it('pyproject.toml and setup.cfg: the sections of pytest and coverage alone', () => {
    const base = '[project]\nname = "a"\n\n[tool.pytest.ini_options]\naddopts = "-ra"\n'
    const head = '[project]\nname = "a"\ndependencies = ["x"]\n\n[tool.pytest.ini_options]\naddopts = "-k nothing"\n'
    const composed = putBack('pyproject.toml', base, head)
    expect(composed).toContain('dependencies = [ "x" ]')
    expect(composed).toContain('addopts = "-ra"')
    expect(composed).not.toContain('nothing')
    expect(putBack('pyproject.toml', base, base.replace('"a"', '"b"'))).toBe('same')
    expect(putBack('pyproject.toml', '[project]\nname = "a"\n', head)).not.toContain('pytest')
    const cfg = '[metadata]\nname = a\n[tool:pytest]\naddopts = -ra\n'
    const other = '[metadata]\nname = b\n[tool:pytest]\naddopts = --deselect x\n'
    expect(putBack('setup.cfg', cfg, other)).toBe('[metadata]\nname = b\n[tool:pytest]\naddopts = -ra\n')
  })

  it('Cargo.toml: targets of tests, not the crates it needs', () => {
    const base = '[package]\nname = "a"\n\n[[test]]\nname = "it"\n'
    const head = '[package]\nname = "a"\nautotests = false\n\n[lib]\ntest = false\n\n[dependencies]\nb = "1"\n'
    const composed = putBack('Cargo.toml', base, head)
    expect(composed).toContain('[[test]]\nname = "it"')
    expect(composed).toContain('b = "1"')
    expect(composed).not.toMatch(/autotests|test = false/)
  })

  it('pom.xml: the plugins that run tests and their properties, and a finding where one was taken away', () => {
    const surefire = (inside: string) =>
      `<plugin><artifactId>maven-surefire-plugin</artifactId><configuration>${inside}</configuration></plugin>`
    const pom = (plugins: string, properties = '', more = '') =>
      `<project><properties><a>1</a>${properties}</properties><build><plugins>${plugins}</plugins></build>${more}</project>`
    const base = pom(surefire('<forkCount>1</forkCount>'))
    const head = pom(
      surefire('<excludes><exclude>**</exclude></excludes>'),
      '<skipTests>true</skipTests>',
      '<dependencies/>',
    )
    expect(putBack('pom.xml', base, head)).toBe(pom(surefire('<forkCount>1</forkCount>'), '', '<dependencies/>'))
    expect(putBack('pom.xml', pom(''), pom(surefire('x')))).toBe(pom(''))
    expect(withBaseSections('pom.xml', base, pom(''))).toMatchObject({
      kind: 'kept',
      why: expect.stringContaining('surefire'),
    })
    expect(putBack('pom.xml', base, base.replace('<a>1</a>', '<a>2</a>'))).toBe('same')
    expect(putBack('pom.xml', base, '<plugin>'.repeat(100_000))).toBe('kept')
  })

  it('a build that is a program is told where its lines about tests change, and left alone where only others do', () => {
    const base = 'dependencies { testImplementation("a:b:1") }\ntest { useJUnitPlatform() }\n'
    expect(withBaseSections('build.gradle', base, `${base}test { exclude("**") }\n`).kind).toBe('kept')
    expect(withBaseSections('build.gradle', base, base.replace('a:b:1', 'a:b:2')).kind).toBe('same')
    expect(withBaseSections('Makefile', 'test:\n\tpytest tests\n', 'test:\n\ttrue # tests\n').kind).toBe('kept')
  })

  it('what cannot be read is told, never thrown', () => {
    for (const path of ['package.json', 'pyproject.toml', 'Cargo.toml'])
      expect(withBaseSections(path, '{}', '\0[[[ {{'), path).toMatchObject({ kind: 'kept' })
  })
})

describe('the tests of a change', () => {
  const modified = (path: string) => ({
    path,
    kind: 'modified' as const,
    old_mode: '100644',
    new_mode: '100644',
    old_blob: 'old',
    new_blob: 'new',
    added_lines: 1,
    deleted_lines: 1,
  })
  const change: Change = { base_tree: 'base', head_tree: 'head', patch: '', files: [modified('package.json')] }
  const read = (base: string, head: string) =>
    readTestsOfChange(change, { readFile: async (tree) => new TextEncoder().encode(tree === 'base' ? base : head) })

  it('count a manifest as altered where it runs tests in another way, and compose the tree with the base’s way', async () => {
    const tests = await read('{"scripts":{"test":"jest"}}', '{"scripts":{"test":"true"}}')
    expect(tests.altered.map(({ path }) => path)).toEqual(['package.json'])
    const edits: unknown[] = []
    await composeBaseTests({ composeTree: async (_, given) => String(edits.push(...given)) }, 'head', tests)
    expect(edits).toEqual([{ path: 'package.json', put: { content: expect.stringContaining('"test": "jest"') } }])
    expect((await read('{"scripts":{"test":"jest"}}', '{"name":"x","scripts":{"test":"jest"}}')).altered).toEqual([])
  })
})
