import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { phaseKind } from '#domain/verification'
import { findProfile } from './find-profile.ts'
import { focusedPhase } from './focus-phase.ts'

const found = async (files: Readonly<Record<string, string>>) => {
  const reader = {
    list: async () =>
      Object.keys(files)
        .sort()
        .map((path) => ({ path, mode: '100644', blob: path, bytes: 1 })),
    read: async (path: string) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
  }
  const result = await findProfile(reader, null, { addresses: async (of) => [`https://${of}.example.org/`] })
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}
const checks = async (files: Readonly<Record<string, string>>) =>
  (await found(files)).phases
    .filter(({ required }) => !required)
    .map(({ id, kind, shown }) => `${kind ?? ''} ${id}: ${shown ?? ''}`)
const node = (scripts: object = {}) => ({ 'package.json': JSON.stringify({ scripts: { test: 'vitest', ...scripts } }) })
const HASH = 'a'.repeat(64)

describe('tools beside the tests', () => {
  it('are found by what the base commit is set up for, warn only, and stand behind the tests', async () => {
    const profile = await found({ ...node(), 'eslint.config.js': '', '.prettierrc': '{}', 'biome.json': '{}' })
    expect(profile.phases.map(({ id, required }) => [id, required])).toEqual([
      ['unit_tests', true],
      ['eslint', false],
      ['biome', false],
      ['prettier', false],
    ])
    expect(profile.phases.slice(1).every(({ tool }) => tool !== undefined)).toBe(true)
    expect(await checks(node())).toEqual([])
  })

  it("the repository's own script comes first, and what mends in place is no check", async () => {
    const files = { 'eslint.config.js': '', '.prettierrc': '' }
    expect(await checks({ ...node({ lint: 'eslint src' }), ...files })).toEqual([
      'lint lint: npm run lint',
      'format prettier: npx prettier --check .',
    ])
    expect(await checks({ ...node({ lint: 'eslint --fix .' }), ...files })).toContain('lint eslint: npx eslint .')
  })

  it('are known for Python, Go and Rust', async () => {
    const pyproject = '[tool.ruff]\n[tool.ruff.format]\n[tool.mypy]\n[tool.black]\n'
    expect(await checks({ 'pyproject.toml': pyproject, 'test_a.py': 'import unittest' })).toEqual([
      'lint ruff: ruff check .',
      'format ruff_format: ruff format --check .',
      'format black: black --check .',
      'types mypy: mypy',
    ])
    expect(await checks({ 'go.mod': 'module x\n', 'a.go': '' })).toEqual([
      'lint vet: go vet ./...',
      'format gofmt: gofmt -l .',
    ])
    expect(await checks({ 'Cargo.toml': '[package]\n', 'rustfmt.toml': '', 'clippy.toml': '' })).toEqual([
      'format rustfmt: cargo fmt --all --check',
      'lint clippy: cargo clippy --workspace --all-targets',
    ])
  })
})

describe('other builds', () => {
  it('Gradle is offline after setup, by modules where there are some', async () => {
    const one = await found({ 'build.gradle': '', 'src/test/java/ATest.java': '' })
    expect(one).toMatchObject({ id: 'java-gradle-standard', registry_hosts: ['maven.example.org'] })
    expect(one.phases.every(({ argv, tool }) => argv.includes('--offline') && tool !== undefined)).toBe(true)
    expect(focusedPhase(one, ['src/test/java/ATest.java'])?.argv.at(-1)).toBe('--tests=*.ATest')
    const wrapper = 'distributionUrl=https\\://services.gradle.org/distributions/gradle-8.5-bin.zip\n'
    const many = await found({
      'settings.gradle': '',
      'core/build.gradle.kts': '',
      'gradle/wrapper/gradle-wrapper.properties': wrapper,
    })
    expect(many.registry_hosts).toContain('services.gradle.org')
    expect(many.phases.at(-1)?.module?.modules).toEqual({ core: [':core:test'] })
  })

  it('a Makefile comes last and is known by its targets', async () => {
    const makefile = 'CC := cc\ntest: build\n\t./run\nlint:\n\ttrue\n'
    expect(await found({ Makefile: makefile })).toMatchObject({
      id: 'makefile-standard',
      phases: [
        { id: 'unit_tests', argv: ['make', '--no-print-directory', '--eval=.PHONY: test', 'test'], required: true },
        { id: 'lint', required: false },
      ],
    })
    expect((await found({ Makefile: makefile, 'go.mod': 'module x\n' })).id).toBe('go-standard')
    await expect(found({ Makefile: 'build:\n\ttrue\ntest := 1\n' })).rejects.toThrow(/Makefile with a target/)
  })

  it('plain dependencies of tox are installed, and tox is not run', async () => {
    const tox =
      '[tox]\nenvlist = py\n[testenv]\ndeps =\n    pytest\n    attrs >= 20\n    py38: old\n    -r{toxinidir}/x.txt\ncommands = pytest\n'
    const { setup } = await found({ 'tox.ini': tox, 'tests/test_a.py': '' })
    expect(setup?.at(-1)?.argv.slice(-2)).toEqual(['pytest', 'attrs >= 20'])
  })
})

describe('lockfiles of Python', () => {
  const UV = `version = 1
[[package]]
name = "shop"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "six" }, { name = "winthing", marker = "sys_platform == 'win32'" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
docs = [{ name = "sphinx" }]
[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://pypi.example.org/simple" }
wheels = [{ url = "https://files.example.org/six.whl", hash = "sha256:${HASH}" }]
[[package]]
name = "winthing"
version = "2.0"
source = { registry = "https://pypi.example.org/simple" }
wheels = [{ url = "x", hash = "sha256:${HASH}" }]
[[package]]
name = "pytest"
version = "8.3.4"
source = { registry = "https://pypi.example.org/simple" }
dependencies = [{ name = "shop" }, { name = "six" }]
sdist = { url = "x", hash = "sha256:${HASH}" }
[[package]]
name = "sphinx"
version = "7.0"
source = { registry = "https://pypi.example.org/simple" }
sdist = { url = "x", hash = "sha256:${HASH}" }
`
  const locked = async (files: Readonly<Record<string, string>>) => {
    const { setup = [], phases } = await found({ 'tests/test_a.py': 'import pytest\n', ...files })
    const install = setup.find(({ id }) => id === 'locked_requirements')
    return { ids: setup.map(({ id }) => id), lines: install?.argv.slice(4) ?? [], python: phases[0]?.argv[0] }
  }

  it('what uv locked is installed by its hashes, with what the tests need and no more', async () => {
    const seen = await locked({ 'pyproject.toml': '[project]\nname = "shop"\n', 'uv.lock': UV })
    expect(seen.ids).toEqual(['virtual_environment', 'locked_requirements', 'project'])
    expect(seen.lines).toEqual([
      `six==1.17.0 --hash=sha256:${HASH}`,
      `winthing==2.0 ; (sys_platform == 'win32') --hash=sha256:${HASH}`,
      `pytest==8.3.4 --hash=sha256:${HASH}`,
    ])
    expect(seen.python).toBe('/home/agent/.venv/bin/python')
  })

  it('what Poetry locked is too', async () => {
    const poetry = `[[package]]
name = "pytest"
version = "8.3.4"
optional = false
files = [{file = "a.whl", hash = "sha256:${HASH}"}]
[package.dependencies]
colorama = {version = "*", markers = "sys_platform == \\"win32\\""}
[[package]]
name = "colorama"
version = "0.4.6"
optional = false
files = [{file = "b.whl", hash = "sha256:${HASH}"}]
`
    const seen = await locked({ 'pyproject.toml': '[tool.poetry]\npackage-mode = false\n', 'poetry.lock': poetry })
    expect(seen.ids).toEqual(['virtual_environment', 'locked_requirements'])
    expect(seen.lines).toEqual([
      `pytest==8.3.4 --hash=sha256:${HASH}`,
      `colorama==0.4.6 ; (sys_platform == "win32") --hash=sha256:${HASH}`,
    ])
  })

  it('a lockfile that is none, or that smuggles options, changes nothing', async () => {
    const evil = UV.replace('name = "six"\nversion = "1.17.0"', 'name = "six"\nversion = "1 --index-url x"')
    expect((await locked({ 'pyproject.toml': '[project]\n', 'uv.lock': evil })).lines.join()).not.toContain('index-url')
    expect((await locked({ 'pyproject.toml': '[project]\n', 'uv.lock': '[[[' })).ids).not.toContain(
      'locked_requirements',
    )
  })
})

it('the profile that the guide shows is one', async () => {
  const guide = readFileSync(`${import.meta.dirname}/../../../../docs/guides/verification.md`, 'utf8')
  const yaml = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''
  const profile = await found({ '.gander/verify.yaml': yaml })
  expect(profile.phases.map((phase) => phaseKind(phase))).toEqual(['types', 'all_tests', 'security'])
  expect(focusedPhase(profile, ['src/a.test.ts'])?.argv.at(-1)).toBe('src/a.test.ts')
})
