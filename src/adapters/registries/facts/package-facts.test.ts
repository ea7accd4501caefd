import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PackageTool } from '#ports'
import { createPackageFacts } from './create-package-facts.ts'
import type { Fetched } from './fetch-document.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gander-facts-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const NPM = JSON.stringify({ registry: 'https://npm.example.org/', '@own:registry': 'https://own.example.org/npm/' })

/** Registries that answer with these documents; anything else is missing. */
function facts(pages: Readonly<Record<string, string>>) {
  const asked: string[] = []
  const fetch = async (address: string): Promise<Fetched> => {
    asked.push(address)
    const text = pages[address]
    if (text === undefined) return { kind: 'missing' }
    return text === 'unavailable'
      ? { kind: 'unavailable', reason: 'answered 503' }
      : { kind: 'found', text, modified: null }
  }
  const port = createPackageFacts({
    registries: { addresses: async (tool) => [`https://${tool}.example.org/`] },
    advisories_folder: join(home, 'advisories'),
    terms: async () => ({}),
    environment: { PIP_INDEX_URL: 'https://pip.example.org/simple/' },
    ask: async (argv) => (argv[0] === 'npm' ? NPM : ''),
    fetch,
  })
  const look = (tool: PackageTool, name: string, version: string | null = null) =>
    port.look({ tool, name, version }, new AbortController().signal)
  return { look, asked, advisories: (packages: Parameters<typeof port.advisories>[0]) => port.advisories(packages) }
}

describe('what registries say of a package', () => {
  it('npm: dates, scripts, deprecation and who keeps it, from the registry of its scope', async () => {
    const document = JSON.stringify({
      'dist-tags': { latest: '2.0.0' },
      time: {
        created: '2020-01-01T00:00:00Z',
        '1.0.0': '2020-01-01T00:00:00Z',
        '2.0.0': '2021-01-01T00:00:00Z',
        '3.0.0': '2022-01-01T00:00:00Z',
      },
      versions: {
        '1.0.0': { deprecated: 'old', license: 'MIT' },
        '2.0.0': { scripts: { postinstall: 'node x' }, maintainers: [{}, {}] },
      },
    })
    const { look, asked } = facts({
      'https://own.example.org/npm/@own%2Fa': document,
      'https://npm.example.org/a': document,
    })
    expect(await look('npm', '@own/a')).toMatchObject({
      registry: 'own.example.org',
      version: '2.0.0',
      install_scripts: true,
      maintainers: 2,
      first_published_at: '2020-01-01T00:00:00Z',
    })
    expect(await look('npm', 'a', '1.0.0')).toMatchObject({
      deprecated: 'old',
      install_scripts: false,
      published_at: '2020-01-01T00:00:00Z',
      license: 'MIT',
    })
    expect(await look('npm', 'a', '3.0.0')).toMatchObject({ version_exists: false, yanked: true })
    expect(asked).toEqual([
      'https://own.example.org/npm/@own%2Fa',
      'https://npm.example.org/a',
      'https://npm.example.org/a',
    ])
  })

  it('pip: a page as JSON, a page as HTML with the long document beside it', async () => {
    const json = JSON.stringify({
      files: [
        { filename: 'a-1.0-py3-none-any.whl', 'upload-time': '2020-01-01T00:00:00Z', yanked: false },
        { filename: 'a-1.1.tar.gz', 'upload-time': '2021-01-01T00:00:00Z', yanked: 'broken' },
      ],
    })
    const html = '<a href="x" data-yanked="">b-2.0.tar.gz</a><a href="y">b-2.1.tar.gz</a>'
    const long = JSON.stringify({
      info: { version: '2.1', license: 'BSD' },
      releases: { '2.1': [{ filename: 'b-2.1.tar.gz', upload_time_iso_8601: '2019-01-01T00:00:00Z' }] },
    })
    const { look } = facts({
      'https://pip.example.org/simple/a/': json,
      'https://pip.example.org/simple/b/': html,
      'https://pip.example.org/pypi/b/json': long,
    })
    expect(await look('pip', 'a', '1.0.0')).toMatchObject({
      version_exists: true,
      published_at: '2020-01-01T00:00:00Z',
      install_scripts: false,
      yanked: false,
    })
    expect(await look('pip', 'a', '1.1')).toMatchObject({ yanked: true, install_scripts: true })
    expect(await look('pip', 'b', '2.1')).toMatchObject({
      published_at: '2019-01-01T00:00:00Z',
      license: 'BSD',
      yanked: false,
    })
    expect(await look('pip', 'b', '2.0')).toMatchObject({ yanked: true })
  })

  it('Cargo, Go and Maven by their own documents', async () => {
    const { look } = facts({
      'https://cargo.example.org/config.json': '{}',
      'https://cargo.example.org/se/rd/serde':
        '{"vers":"1.0.0","yanked":false,"pubtime":"2020-01-01T00:00:00Z"}\n{"vers":"1.0.1","yanked":true}\n',
      'https://go.example.org/git.example/!big/x/@v/v1.0.0.info': '{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z"}',
      'https://go.example.org/git.example/!big/x/@latest': '{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z"}',
      'https://maven.example.org/org/x/y/maven-metadata.xml': '<versions><version>1.0</version></versions>',
      'https://maven.example.org/org/x/y/': '<a href="1.0/">1.0/</a>  2021-02-13 16:31  -',
    })
    expect(await look('cargo', 'serde', '1.0.0')).toMatchObject({
      version_exists: true,
      published_at: '2020-01-01T00:00:00Z',
      yanked: false,
    })
    expect(await look('cargo', 'serde', '1.0.1')).toMatchObject({ yanked: true, published_at: null })
    expect(await look('go', 'git.example/Big/x', 'v1.0.0')).toMatchObject({
      version_exists: true,
      published_at: '2020-01-01T00:00:00Z',
    })
    expect(await look('go', 'git.example/Big/x', 'v9.0.0')).toMatchObject({ version_exists: false })
    expect(await look('maven', 'org.x:y', '1.0')).toMatchObject({
      version_exists: true,
      published_at: '2021-02-13T16:31:00Z',
    })
    expect(await look('maven', 'org.x:y', '2.0')).toMatchObject({ version_exists: false })
  })

  it('what no registry has is missing; where one does not answer, or says nonsense, nothing is known', async () => {
    const { look } = facts({ 'https://npm.example.org/b': 'unavailable', 'https://npm.example.org/c': '<html>' })
    expect(await look('npm', 'a')).toEqual({ answer: 'missing', registries: ['npm.example.org'] })
    expect(await look('npm', 'b')).toEqual({ answer: 'unavailable', reason: 'answered 503' })
    expect(await look('npm', 'c')).toMatchObject({ answer: 'unavailable' })
  })
})

/** A zip archive of one entry. */
function archive(name: string, text: string): Uint8Array {
  const data = deflateRawSync(text)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04_03_4b_50, 0)
  local.writeUInt16LE(name.length, 26)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02_01_4b_50, 0)
  entry.writeUInt16LE(8, 10)
  entry.writeUInt32LE(data.length, 20)
  entry.writeUInt16LE(name.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06_05_4b_50, 0)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(46 + name.length, 12)
  end.writeUInt32LE(30 + name.length + data.length, 16)
  return Buffer.concat([local, Buffer.from(name), data, entry, Buffer.from(name), end])
}

describe('advisories of a folder', () => {
  const advisory = (id: string, more: object = {}) =>
    JSON.stringify({
      id,
      summary: 's',
      affected: [
        {
          package: { ecosystem: 'PyPI', name: 'My.Pack' },
          versions: ['0.5'],
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '1.0' }, { fixed: '1.2' }] }],
        },
      ],
      ...more,
    })
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(join(home, 'advisories', 'deep'), { recursive: true })
    writeFileSync(join(home, 'advisories', name), content)
  }

  it('are read from files and archives, by the name of the ecosystem', async () => {
    write('deep/A-1.json', advisory('A-1'))
    write('all.zip', archive('A-2.json', advisory('A-2')))
    write('A-3.json', advisory('A-3', { withdrawn: '2020-01-01T00:00:00Z' }))
    const { advisories } = facts({})
    expect(await advisories([{ tool: 'pip', name: 'my-pack' }])).toMatchObject({
      answer: 'known',
      read: 3,
      advisories: [
        { id: 'A-2', tool: 'pip', ranges: [{ introduced: '1.0', fixed: '1.2' }] },
        { id: 'A-1', versions: ['0.5'] },
      ],
    })
    expect(await advisories([{ tool: 'npm', name: 'my-pack' }])).toMatchObject({ advisories: [] })
  })

  it('none are configured without a folder; one that cannot be read is unavailable, not empty', async () => {
    const { advisories } = facts({})
    expect(await advisories([{ tool: 'npm', name: 'a' }])).toEqual({ answer: 'none_configured' })
    write('all.zip', 'no archive at all, whatever its name says')
    expect(await advisories([{ tool: 'npm', name: 'a' }])).toMatchObject({ answer: 'unavailable' })
  })
})
