import { describe, expect, it } from 'vitest'
import { findProfile } from './find-profile.ts'
import { startWork } from '../../../../test/support/machine-time.ts'

const asked: string[] = []
const found = async (files: Readonly<Record<string, string>>, id?: string) => {
  const reader = {
    list: async () =>
      Object.keys(files)
        .sort()
        .map((path) => ({ path, mode: '100644', blob: path, bytes: 1 })),
    read: async (path: string) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
  }
  const result = await findProfile(reader, id === undefined ? null : { kind: 'named', id }, {
    addresses: async (of) => {
      asked.push(of)
      return [`https://${of}.example.org/`]
    },
  })
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}
const flags = async (files: Readonly<Record<string, string>>) => (await found(files)).phases[0]?.env?.['GOFLAGS'] ?? ''
const ids = (phases: readonly { readonly id: string }[] | undefined) => phases?.map(({ id }) => id)

const REQUIRING = 'module example.org/x\n\ngo 1.22\n\nrequire github.com/pkg/errors v0.9.1\n'

describe('go', () => {
  it('a module downloads in setup and is then built, vetted and tested without a network', async () => {
    const profile = await found({ 'go.mod': REQUIRING, 'go.sum': 'x' })
    expect(profile).toMatchObject({ id: 'go-standard', ecosystem: 'go', registry_hosts: ['go.example.org'] })
    expect(ids(profile.setup)).toEqual(['download', 'compile_cache'])
    expect(profile.setup?.every(({ env }) => env?.['GOPROXY'] === undefined)).toBe(true)
    expect(profile.phases.map(({ id, shown, required }) => [id, shown, required])).toEqual([
      ['compile', 'go build ./...', true],
      ['vet', 'go vet ./...', false],
      ['unit_tests', 'go test ./...', true],
    ])
    for (const { env } of profile.phases) expect(env).toMatchObject({ GOPROXY: 'off', GOTOOLCHAIN: 'local' })
  })

  it('setup compiles tests and runs none of them', async () => {
    const { setup } = await found({ 'go.mod': REQUIRING })
    expect(setup?.at(-1)).toMatchObject({
      argv: ['sh', '-c', expect.stringMatching(/exec go test -exec=true /)],
      required: false,
    })
  })

  it('modules are read as they are written, from vendor where that is kept', async () => {
    expect(await flags({ 'go.mod': REQUIRING, 'go.sum': 'x' })).not.toContain('-mod=')
    expect(await flags({ 'go.mod': REQUIRING })).toContain('-mod=mod')
    expect(await flags({ 'go.mod': REQUIRING, 'vendor/modules.txt': '' })).toContain('-mod=vendor')
  })

  it('where nothing is to be fetched, nobody is asked for a registry', async () => {
    asked.length = 0
    const [plain, vendored] = await Promise.all([
      found({ 'go.mod': 'module example.org/x\n' }),
      found({ 'go.mod': REQUIRING, 'vendor/modules.txt': '' }),
    ])
    expect([asked, plain.registry_hosts, vendored.registry_hosts]).toEqual([[], [], []])
    expect([ids(plain.setup), ids(vendored.setup)]).toEqual([['compile_cache'], ['compile_cache']])
  })

  it('a workspace is its modules, and none that lies outside', async () => {
    const work = 'go 1.22\n\nuse (\n\t./a // first\n\t"./deep/b"\n\t../outside\n)\nuse ./c\n'
    const mod = 'module example.org/x\n'
    const files = { 'go.work': work, 'a/go.mod': mod, 'deep/b/go.mod': mod, 'c/go.mod': mod }
    const profile = await found(files)
    expect(profile).toMatchObject({ found_by: 'go.work' })
    expect(profile.phases[0]?.argv.slice(-3)).toEqual(['./a/...', './deep/b/...', './c/...'])
  })

  it('a folder name that is no plain path never reaches a shell', async () => {
    const hostile = 'use (\n\t.\n\t./$(touch x)\n\t./a;b\n)\n'
    const mod = 'module example.org/x\n'
    const profile = await found({ 'go.work': hostile, 'go.mod': mod, '$(touch x)/go.mod': mod, 'a;b/go.mod': mod })
    expect(JSON.stringify(profile.phases)).not.toMatch(/touch|a;b/)
  })
})

describe('rust', () => {
  const manifest = '[package]\nname = "x"\nversion = "0.1.0"\n'

  it('a package fetches in setup and is compiled and tested without a network', async () => {
    const files = { 'Cargo.toml': `${manifest}[dev-dependencies]\nitoa = "1"\n`, 'Cargo.lock': '' }
    const profile = await found(files)
    expect(profile).toMatchObject({ id: 'rust-cargo-standard', registry_hosts: ['cargo.example.org'] })
    expect(profile.setup?.map(({ argv }) => argv.join(' '))).toEqual(['cargo fetch --locked'])
    expect(ids(profile.phases)).toEqual(['compile', 'unit_tests'])
    for (const { env } of profile.phases) expect(env).toMatchObject({ CARGO_NET_OFFLINE: 'true' })
  })

  it('every way to write a dependency is one, and without any there is nothing to set up', async () => {
    for (const table of [
      '[dependencies]',
      '[build-dependencies.cc]',
      '[target."cfg(unix)".dependencies]',
      '[workspace.dependencies]',
    ])
      expect(ids((await found({ 'Cargo.toml': `${manifest}${table}\n` })).setup), table).toEqual(['fetch'])
    expect((await found({ 'Cargo.toml': manifest })).setup).toBeUndefined()
    const lock = '[[package]]\nname = "x"\nsource = "sparse+https://crates.acme.io/index/"\n'
    expect((await found({ 'Cargo.toml': manifest, 'Cargo.lock': lock })).registry_hosts).toEqual([
      'cargo.example.org',
      'crates.acme.io',
    ])
  })

  it('clippy runs where the base commit speaks of it, and only warns', async () => {
    expect(ids((await found({ 'Cargo.toml': manifest, 'clippy.toml': '' })).phases)).toContain('clippy')
    const workflow = { '.github/workflows/ci.yml': '- run: cargo clippy' }
    const { phases } = await found({ 'Cargo.toml': manifest, ...workflow })
    expect(phases.find(({ id }) => id === 'clippy')).toMatchObject({ required: false })
  })
})

it('a Python package with its core in Rust is one of Python, a Go module with a stray script is one of Go', async () => {
  const python = { 'tests/test_a.py': 'import pytest\n' }
  const rust = { 'Cargo.toml': '[package]\n' }
  const maturin = { 'pyproject.toml': '[build-system]\nrequires = ["maturin"]\n' }
  expect((await found({ ...rust, ...python, ...maturin })).ecosystem).toBe('python')
  expect((await found({ ...rust, ...python, ...maturin }, 'rust-cargo-standard')).ecosystem).toBe('rust')
  expect((await found({ ...rust, 'scripts/test_a.py': 'import unittest\n' })).ecosystem).toBe('rust')
  expect((await found({ 'go.mod': 'module x\n', 'scripts/test_a.py': 'import unittest\n' })).ecosystem).toBe('go')
})

it('manifests made to be slow are read in linear time', async () => {
  const worked = startWork()
  const blank = '\n'.repeat(1_000_000)
  await found({ 'go.mod': blank })
  await found({ 'go.work': `use .\n${'use (\n'.repeat(150_000)}`, 'go.mod': 'module x\n' })
  await found({ 'Cargo.toml': `${blank.slice(0, 500_000)}[${'a.'.repeat(200_000)}`, 'Cargo.lock': blank })
  await found({ 'test_a.py': `${blank}import pytest`, 'pyproject.toml': `setuptools_scm${blank}` })
  expect(worked()).toBeLessThan(5_000)
})
