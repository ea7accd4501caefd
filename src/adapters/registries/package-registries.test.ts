import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PackageTool } from '#ports'
import { createPackageRegistries } from './package-registries.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gander-registries-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  writeFileSync(join(home, path), content)
}

interface Machine {
  readonly environment?: Readonly<Record<string, string>>
  readonly answers?: Readonly<Record<string, string>>
  readonly pages?: Readonly<Record<string, string>>
}

/** Registries of a machine whose tools answer so; `asked` lists every command and page. */
function machine({ environment = {}, answers = {}, pages = {} }: Machine) {
  const asked: string[] = []
  const registries = createPackageRegistries({
    home,
    environment: { HOME: home, ...environment },
    ask: async (argv) => {
      const line = argv.join(' ')
      asked.push(line)
      return answers[Object.keys(answers).find((start) => line.startsWith(start)) ?? '']
    },
    page: async (address) => {
      asked.push(address)
      return pages[address]
    },
  })
  return { addresses: (of: PackageTool) => registries.addresses(of), asked }
}

/** A jar with one entry. */
function jar(name: string, text: string, method: 0 | 8): Uint8Array {
  const bytes = method === 8 ? deflateRawSync(text) : Buffer.from(text)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04_03_4b_50, 0)
  local.writeUInt16LE(name.length, 26)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02_01_4b_50, 0)
  entry.writeUInt16LE(method, 10)
  entry.writeUInt32LE(bytes.length, 20)
  entry.writeUInt16LE(name.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06_05_4b_50, 0)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(30 + name.length + bytes.length, 16)
  return Buffer.concat([local, Buffer.from(name), bytes, entry, Buffer.from(name), end, Buffer.from('a comment')])
}

describe('npm', () => {
  it('its registry and those of scopes come from its own answer, without credentials', async () => {
    const settings = {
      registry: 'https://me:t0ken@npm.example.org/r/',
      '@team:registry': 'https://team.example.org/',
      'replace-registry-host': 'never',
      proxy: null,
    }
    const { addresses } = machine({ answers: { 'npm config': JSON.stringify(settings) } })
    expect(await addresses('npm')).toEqual(['https://npm.example.org/r/', 'https://team.example.org/'])
  })

  it('no tool is asked before it is needed, and one that answered is asked once', async () => {
    const { addresses, asked } = machine({ answers: { 'npm config': '{"registry":"https://npm.example.org/"}' } })
    expect(asked).toEqual([])
    await Promise.all([addresses('npm'), addresses('npm')])
    await addresses('npm')
    expect(asked).toEqual(['npm config list --json'])
  })

  it('what cannot say, says nothing, and is asked again', async () => {
    for (const answer of ['', 'not json', 'null', '[]', '{"registry":"http://plain.example.org/"}', '{"registry":1}']) {
      const { addresses, asked } = machine({ answers: { 'npm config': answer } })
      expect([await addresses('npm'), await addresses('npm')]).toEqual([[], []])
      expect(asked).toHaveLength(2)
    }
  })
})

describe('pip', () => {
  const BUILT_IN = { 'python3 -c': 'https://index.example.org/simple\n' }
  const PAGE = 'https://index.example.org/simple/pip/'

  it('without settings its built-in index counts, with the hosts of its files', async () => {
    const html = '<a href="https://files.example.org/x/pip.whl#sha256=1">a</a><a href="../../y.whl">b</a>'
    const { addresses } = machine({ answers: BUILT_IN, pages: { [PAGE]: html } })
    expect(await addresses('pip')).toEqual([
      'https://index.example.org/simple',
      'https://files.example.org/',
      'https://index.example.org/',
    ])
  })

  it('reads the JSON form of an index as well', async () => {
    const json = '{"files":[{"filename":"pip.whl","url": "https://files.example.org/pip.whl"}]}'
    const { addresses } = machine({ answers: BUILT_IN, pages: { [PAGE]: json } })
    expect(await addresses('pip')).toContain('https://files.example.org/')
  })

  it('the environment goes before its configuration, that before what is built in', async () => {
    const answers = {
      ...BUILT_IN,
      'python3 -m pip config': "global.index-url='https://u:p@conf.example.org/simple'\nglobal.timeout='1'\n",
    }
    expect(await machine({ answers }).addresses('pip')).toEqual(['https://conf.example.org/simple'])
    const environment = { PIP_INDEX_URL: 'https://env.example.org/simple' }
    expect(await machine({ answers, environment }).addresses('pip')).toEqual(['https://env.example.org/simple'])
  })

  it('credentials go to the index itself and nowhere else, not into the cache either', async () => {
    const environment = { PIP_INDEX_URL: 'https://u:s3cret@index.example.org/simple/' }
    const page = 'https://u:s3cret@index.example.org/simple/pip/'
    const { addresses, asked } = machine({
      environment,
      pages: { [page]: '<a href="https://u:s3cret@f.example.org/x">' },
    })
    expect(await addresses('pip')).toEqual(['https://index.example.org/simple/', 'https://f.example.org/'])
    expect(asked).toContain(page)
    const [kept = ''] = readdirSync(join(home, 'cache/registries'))
    expect(readFileSync(join(home, 'cache/registries', kept), 'utf8')).not.toContain('s3cret')
  })

  it('the answer of an index is kept, and one that is unreachable leaves the rest', async () => {
    const reachable = machine({ answers: BUILT_IN, pages: { [PAGE]: '<a href="https://files.example.org/x">' } })
    expect(await reachable.addresses('pip')).toHaveLength(2)
    const offline = machine({ answers: BUILT_IN })
    expect(await offline.addresses('pip')).toEqual(['https://index.example.org/simple', 'https://files.example.org/'])
    expect(offline.asked).not.toContain(PAGE)
    rmSync(join(home, 'cache'), { recursive: true })
    expect(await machine({ answers: BUILT_IN }).addresses('pip')).toEqual(['https://index.example.org/simple'])
  })
})

describe('maven', () => {
  const SUPER_POM =
    '<project><repositories><repository><url>https://central.example.org/m2</url></repository></repositories></project>'
  const answers = (): Readonly<Record<string, string>> => ({
    'mvn -v': `\u001B[1mApache Maven 3.9\u001B[m\nMaven home: ${join(home, 'maven')}\nJava version: 21\n`,
  })
  const mirror = (of: string) =>
    `<settings><!-- <mirror><url>https://no.example.org</url></mirror> --><mirrors><mirror><mirrorOf>${of}</mirrorOf><url>https://mirror.example.org/x</url></mirror></mirrors></settings>`

  it('without settings its super POM counts, packed or not', async () => {
    for (const method of [0, 8] as const) {
      write('maven/lib/maven-model-builder-3.9.9.jar', jar('org/apache/maven/model/pom-4.0.0.xml', SUPER_POM, method))
      expect(await machine({ answers: answers() }).addresses('maven')).toEqual(['https://central.example.org/m2'])
    }
  })

  it('a mirror of everything stands in for the super POM, one of something else comes beside it', async () => {
    write('maven/lib/maven-model-builder-3.9.9.jar', jar('org/apache/maven/model/pom-4.0.0.xml', SUPER_POM, 8))
    write('.m2/settings.xml', mirror('*'))
    expect(await machine({ answers: answers() }).addresses('maven')).toEqual(['https://mirror.example.org/x'])
    write('.m2/settings.xml', mirror('*,!central'))
    expect(await machine({ answers: answers() }).addresses('maven')).toEqual([
      'https://mirror.example.org/x',
      'https://central.example.org/m2',
    ])
  })

  it('no Maven, no jar and a broken jar name nothing', async () => {
    expect(await machine({}).addresses('maven')).toEqual([])
    expect(await machine({ answers: answers() }).addresses('maven')).toEqual([])
    const whole = jar('org/apache/maven/model/pom-4.0.0.xml', SUPER_POM, 8)
    for (const broken of [new Uint8Array(), Buffer.from('no jar'), whole.subarray(0, 60), whole.subarray(20)]) {
      write('maven/lib/maven-model-builder-3.9.9.jar', broken)
      expect(await machine({ answers: answers() }).addresses('maven')).toEqual([])
    }
  })
})
