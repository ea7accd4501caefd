import { describe, expect, it } from 'vitest'
import { checkLockfileChange, checkLockfiles, problemText } from './index.ts'
import { startWork } from '../../../test/support/machine-time.ts'

const SHA512 = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
const HEX = 'ab'.repeat(32)
const REGISTRY = 'https://registry.example.org'
const EVIL = 'https://evil.example.net'

type Files = Readonly<Record<string, string>>
const treeOf = (files: Files) => ({
  paths: Object.keys(files),
  read: async (path: string) => (files[path] === undefined ? undefined : new TextEncoder().encode(files[path])),
})
const phase = (argv: readonly string[], cwd?: string) => ({
  id: 'install',
  argv,
  ...(cwd === undefined ? {} : { cwd }),
  required: true,
  timeout_seconds: 60,
})
const check = (files: Files, argv: readonly string[] = ['sh', '-c', 'install'], ecosystem = 'command') =>
  checkLockfiles(treeOf(files), { ecosystem, setup: [phase(argv)] })
const rules = async (files: Files) =>
  (await check(files)).problems.map(({ rule, path, line }) => `${rule} ${path}:${line}`)

const npm = (entry: object, key = 'node_modules/ms') =>
  JSON.stringify({ name: 'x', lockfileVersion: 3, packages: { '': { name: 'x' }, [key]: entry } }, null, 2)
const ms = { version: '2.1.3', resolved: `${REGISTRY}/ms/-/ms-2.1.3.tgz`, integrity: SHA512 }
const { resolved: _, ...quiet } = ms
const old = (entry: object) => JSON.stringify({ name: 'x', lockfileVersion: 1, dependencies: { ms: entry } }, null, 2)
const pnpm = (resolution: string, key = 'ms@2.1.3') =>
  `lockfileVersion: '9.0'\n\npackages:\n\n  ${key}:\n    resolution: ${resolution}\n`
const yarn = (address: string, integrity = `\n  integrity ${SHA512}`, range = '^2.0.0') =>
  `# yarn lockfile v1\n\n\nms@${range}:\n  version "2.1.3"\n  resolved "${address}"${integrity}\n`
const berry = (resolution: string, rest = `\n  checksum: 10c0/${'ab'.repeat(64)}`) =>
  `__metadata:\n  version: 8\n\n"ms@npm:^2.0.0":\n  version: 2.1.3\n  resolution: "${resolution}"${rest}\n  languageName: node\n  linkType: hard\n`
const poetry = (source = '', files = `{file = "ms-2.1.3-py3-none-any.whl", hash = "sha256:${HEX}"}`) =>
  `[[package]]\nname = "ms"\nversion = "2.1.3"\ndescription = "A \\"small\\" one"\noptional = false\nfiles = [\n    ${files},\n]\n${source}\n[metadata]\nlock-version = "2.0"\n`
const uv = (
  source: string,
  wheel = `{ url = "${REGISTRY}/packages/ms-2.1.3-py3-none-any.whl", hash = "sha256:${HEX}", size = 12 }`,
) =>
  `version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "ms"\nversion = "2.1.3"\nsource = ${source}\nwheels = [\n    ${wheel},\n]\n`
const cargo = (source: string, checksum = `\nchecksum = "${HEX}"`) =>
  `version = 3\n\n[[package]]\nname = "x"\nversion = "0.1.0"\ndependencies = [\n "ms",\n]\n\n[[package]]\nname = "ms"\nversion = "2.1.3"\nsource = "${source}"${checksum}\n`
const H1 = `h1:${Buffer.alloc(32, 7).toString('base64')}`
const pom = (repository: string, dependency = '') =>
  `<project>\n<repositories>\n<repository><id>r</id><url>${repository}</url></repository></repositories>\n<dependencies><dependency><groupId>g</groupId><artifactId>ms</artifactId><version>2.1.3</version>${dependency}</dependency></dependencies></project>`

const HONEST: Files = {
  'package-lock.json': npm(ms),
  'npm-shrinkwrap.json': old(ms),
  'pnpm-lock.yaml': pnpm(`{integrity: ${SHA512}}`),
  'yarn.lock': yarn(`${REGISTRY}/ms/-/ms-2.1.3.tgz#${'ab'.repeat(20)}`),
  'berry/yarn.lock': berry('ms@npm:2.1.3'),
  'requirements.txt': `# pinned\nms==2.1.3 \\\n    --hash=sha256:${HEX} \\\n    --hash=sha256:${HEX}\n-e .\n`,
  'poetry.lock': poetry(),
  'uv.lock': uv(`{ registry = "${REGISTRY}/simple" }`),
  'go.sum': `example.org/ms v2.1.3 ${H1}\nexample.org/ms v2.1.3/go.mod ${H1}\n`,
  'go.mod': 'module example.org/x\n\nrequire (\n\texample.org/ms v2.1.3\n)\n\nreplace example.org/y => ./y\n',
  'Cargo.lock': cargo(`registry+${REGISTRY}/index`),
  'pom.xml': pom(`${REGISTRY}/m2`),
}

describe('lockfiles that a registry stands behind', () => {
  it.each(Object.keys(HONEST))('%s has no problem', async (path) => {
    const { problems, files } = await check({ [path]: HONEST[path] ?? '' })
    expect(problems).toEqual([])
    expect(files).toHaveLength(1)
    expect(files[0]?.entries.length).toBeGreaterThan(0)
  })

  it('name the hosts they are fetched from, each once, with the line of the first that does', async () => {
    const { hosts } = await check(HONEST)
    expect(hosts.map(({ host }) => host)).toEqual(['registry.example.org'])
    const two = await check({ 'package-lock.json': npm({ ...ms, resolved: `${EVIL}/ms/-/ms-2.1.3.tgz` }) })
    expect(two.hosts).toEqual([{ host: 'evil.example.net', path: 'package-lock.json', line: 8, package: 'ms@2.1.3' }])
  })

  it.each([
    ['without addresses', npm(quiet)],
    ['of a workspace', npm({ resolved: 'packages/ms', link: true })],
    ['of an alias', npm({ ...ms, name: 'ms' }, 'node_modules/time')],
    [
      'of a scope behind a base path',
      npm({ ...ms, resolved: `${REGISTRY}/api/npm/@types%2fms/-/ms-2.1.3.tgz` }, 'node_modules/@types/ms'),
    ],
    [
      'of a registry with its own paths',
      npm({ ...ms, resolved: `${REGISTRY}/download/@a/ms/2.1.3/abc123` }, 'node_modules/@a/ms'),
    ],
  ])('%s are honest too', async (_, text) => {
    expect(await rules({ 'package-lock.json': text })).toEqual([])
  })
})

const TAMPERED: readonly (readonly [what: string, path: string, text: string, found: string])[] = [
  ['npm without integrity', 'package-lock.json', npm({ ...ms, integrity: undefined }), 'lockfile.integrity'],
  ['npm with an MD5', 'package-lock.json', npm({ ...ms, integrity: 'md5-AAAA' }), 'lockfile.integrity'],
  ['npm with a short hash', 'package-lock.json', npm({ ...ms, integrity: 'sha512-AAAA' }), 'lockfile.integrity'],
  [
    "npm with another package's archive",
    'package-lock.json',
    npm({ ...ms, resolved: `${REGISTRY}/mz/-/mz-2.1.3.tgz` }),
    'lockfile.archive',
  ],
  [
    'npm with another version',
    'package-lock.json',
    npm({ ...ms, resolved: `${REGISTRY}/ms/-/ms-0.1.0.tgz` }),
    'lockfile.archive',
  ],
  [
    'npm from git',
    'package-lock.json',
    npm({ ...ms, resolved: 'git+ssh://git@example.org/ms.git#abc' }),
    'lockfile.source',
  ],
  ['npm from a path outside', 'package-lock.json', npm({ ...ms, resolved: 'file:../../ms.tgz' }), 'lockfile.source'],
  ['npm linked outside', 'package-lock.json', npm({ resolved: '../ms', link: true }), 'lockfile.source'],
  [
    'npm without TLS',
    'package-lock.json',
    npm({ ...ms, resolved: 'http://registry.example.org/ms/-/ms-2.1.3.tgz' }),
    'lockfile.address',
  ],
  [
    'npm from an address without a name',
    'package-lock.json',
    npm({ ...ms, resolved: 'https://10.0.0.1/ms/-/ms-2.1.3.tgz' }),
    'lockfile.address',
  ],
  [
    'npm with a password',
    'package-lock.json',
    npm({ ...ms, resolved: 'https://a:b@registry.example.org/ms/-/ms-2.1.3.tgz' }),
    'lockfile.address',
  ],
  [
    'old npm from git',
    'package-lock.json',
    old({ ...ms, version: 'github:a/ms#abc', resolved: undefined }),
    'lockfile.source',
  ],
  ['old npm from an address', 'package-lock.json', old({ ...ms, version: `${EVIL}/ms.tgz` }), 'lockfile.source'],
  ['npm that is no JSON', 'package-lock.json', '{\n"a":1,,\n}', 'lockfile.unreadable'],
  ['pnpm without integrity', 'pnpm-lock.yaml', pnpm('{}'), 'lockfile.integrity'],
  [
    'pnpm from git',
    'pnpm-lock.yaml',
    pnpm('{type: git, repo: https://example.org/ms, commit: abc}'),
    'lockfile.source',
  ],
  [
    "pnpm with another package's archive",
    'pnpm-lock.yaml',
    pnpm(`{integrity: ${SHA512}, tarball: ${EVIL}/mz/-/mz-2.1.3.tgz}`),
    'lockfile.archive',
  ],
  ['pnpm from a folder outside', 'pnpm-lock.yaml', pnpm('{directory: ../ms, type: directory}'), 'lockfile.source'],
  [
    'pnpm with a package twice',
    'pnpm-lock.yaml',
    `packages:\n  a@1.0.0:\n    resolution: {integrity: ${SHA512}}\n  a@1.0.0:\n    resolution: {integrity: ${SHA512}}\n`,
    'lockfile.unreadable',
  ],
  [
    'pnpm with aliases',
    'pnpm-lock.yaml',
    `packages:\n  a@1.0.0: &x {resolution: {integrity: ${SHA512}}}\n  b@1.0.0: *x\n`,
    'lockfile.unreadable',
  ],
  ['yarn 1 without any hash', 'yarn.lock', yarn(`${REGISTRY}/ms/-/ms-2.1.3.tgz`, ''), 'lockfile.integrity'],
  ["yarn 1 with another package's archive", 'yarn.lock', yarn(`${REGISTRY}/mz/-/mz-2.1.3.tgz`), 'lockfile.archive'],
  ['yarn 1 from git', 'yarn.lock', yarn('git+https://example.org/ms.git#abc'), 'lockfile.source'],
  ['yarn 1 that is something else', 'yarn.lock', '<html>\n', 'lockfile.unreadable'],
  ['berry without checksum', 'yarn.lock', berry('ms@npm:2.1.3', ''), 'lockfile.integrity'],
  [
    'berry without checksum for this machine',
    'yarn.lock',
    berry('ms@npm:2.1.3', '\n  conditions: os=linux & cpu=x64'),
    'lockfile.integrity',
  ],
  ['berry from git', 'yarn.lock', berry('ms@https://example.org/ms.git#commit=abc'), 'lockfile.source'],
  [
    "berry with another package's archive",
    'yarn.lock',
    berry('ms@npm:2.1.3::__archiveUrl=https%3A%2F%2Fevil.example.net%2Fmz%2F-%2Fmz-2.1.3.tgz'),
    'lockfile.archive',
  ],
  [
    'requirements with one hash missing',
    'requirements.txt',
    `ms==2.1.3 --hash=sha256:${HEX}\nmz==1.0.0\n`,
    'lockfile.integrity',
  ],
  ['requirements with an MD5', 'requirements.txt', `ms==2.1.3 --hash=md5:${'ab'.repeat(16)}\n`, 'lockfile.integrity'],
  ['requirements from git', 'requirements.txt', 'ms @ git+https://example.org/ms.git@main\n', 'lockfile.source'],
  ['requirements from an address', 'requirements.txt', `ms @ ${EVIL}/ms-2.1.3.tar.gz\n`, 'lockfile.source'],
  ['requirements from outside', 'requirements.txt', '-e ../../ms\n', 'lockfile.source'],
  [
    'requirements that trust a host without TLS',
    'requirements.txt',
    '--trusted-host evil.example.net\nms==1\n',
    'lockfile.source',
  ],
  [
    'requirements with an index without TLS',
    'requirements.txt',
    '--index-url http://evil.example.net/simple\nms==1\n',
    'lockfile.address',
  ],
  ['poetry without a hash', 'poetry.lock', poetry('', '{file = "ms-2.1.3-py3-none-any.whl"}'), 'lockfile.integrity'],
  [
    "poetry with another package's file",
    'poetry.lock',
    poetry('', `{file = "mz-2.1.3-py3-none-any.whl", hash = "sha256:${HEX}"}`),
    'lockfile.archive',
  ],
  [
    'poetry from git',
    'poetry.lock',
    poetry('[package.source]\ntype = "git"\nurl = "https://example.org/ms.git"\n'),
    'lockfile.source',
  ],
  [
    'poetry from a folder outside',
    'poetry.lock',
    poetry('[package.source]\ntype = "directory"\nurl = "../ms"\n'),
    'lockfile.source',
  ],
  ['poetry that is no TOML', 'poetry.lock', '[[package]]\nname = \n', 'lockfile.unreadable'],
  ['uv from an address', 'uv.lock', uv(`{ url = "${EVIL}/ms.tar.gz" }`), 'lockfile.source'],
  ['uv from git', 'uv.lock', uv('{ git = "https://example.org/ms?rev=main#abc" }'), 'lockfile.source'],
  [
    "uv with another package's file",
    'uv.lock',
    uv(`{ registry = "${REGISTRY}/simple" }`, `{ url = "${REGISTRY}/mz-2.1.3.tar.gz", hash = "sha256:${HEX}" }`),
    'lockfile.archive',
  ],
  [
    'uv without a hash',
    'uv.lock',
    uv(`{ registry = "${REGISTRY}/simple" }`, `{ url = "${REGISTRY}/ms-2.1.3.tar.gz" }`),
    'lockfile.integrity',
  ],
  ['Go with a hash that is none', 'go.sum', 'example.org/ms v2.1.3 h1:AAAA=\n', 'lockfile.integrity'],
  ['Go that is something else', 'go.sum', 'hello\n', 'lockfile.unreadable'],
  ['Go with a module outside', 'go.mod', 'module x\nreplace example.org/ms => ../../ms\n', 'lockfile.source'],
  ['Cargo without checksum', 'Cargo.lock', cargo(`registry+${REGISTRY}/index`, ''), 'lockfile.integrity'],
  ['Cargo from git', 'Cargo.lock', cargo('git+https://example.org/ms#abc', ''), 'lockfile.source'],
  [
    'Cargo with an escape in its source',
    'Cargo.lock',
    cargo('git\\u002bhttps://example.org/ms#abc', ''),
    'lockfile.source',
  ],
  ['Cargo without TLS', 'Cargo.lock', cargo('registry+http://evil.example.net/index'), 'lockfile.address'],
  ['Maven with a repository without TLS', 'pom.xml', pom('http://evil.example.net/m2'), 'lockfile.address'],
  ['Maven from disk', 'pom.xml', pom(`${REGISTRY}/m2`, '<systemPath>/opt/ms.jar</systemPath>'), 'lockfile.source'],
]

describe('lockfiles that were tampered with', () => {
  it.each(TAMPERED)('%s', async (_, path, text, found) => {
    const seen = await rules({ [path]: text })
    expect(seen.map((entry) => entry.split(' ')[0])).toContain(found)
    expect(seen.every((entry) => entry.startsWith(`${found} ${path}:`))).toBe(true)
  })

  it('Go with a module that go.sum does not know', async () => {
    const files = { 'go.mod': HONEST['go.mod'] ?? '', 'go.sum': HONEST['go.sum'] ?? '' }
    expect(await rules(files)).toEqual([])
    expect(await rules({ ...files, 'go.sum': `example.org/other v1.0.0 ${H1}\n` })).toEqual([
      'lockfile.integrity go.mod:4',
    ])
  })

  it('are told with path, line, rule and what to do', async () => {
    const { problems } = await check({ 'package-lock.json': npm({ ...ms, integrity: undefined }) })
    expect(problemText(problems)).toBe(
      'package-lock.json:8: ms@2.1.3 has no hash of its contents (lockfile.integrity). Write the lockfile anew with its own tool, so that every package has a hash of its contents.',
    )
  })
})

describe('a hostile lockfile', () => {
  const many = 20_000
  it.each([
    ['requirements.txt', `a${' '.repeat(many)}b`],
    ['requirements.txt', 'a \\\n'.repeat(many)],
    ['Cargo.lock', `a = ${'['.repeat(many)}`],
    ['Cargo.lock', 'a.'.repeat(many)],
    ['pom.xml', '<dependency>'.repeat(many)],
    ['pom.xml', '<!--'.repeat(many)],
    ['go.mod', `replace a =>${' '.repeat(many)}b`],
    ['yarn.lock', `a${'@'.repeat(many)}:\n  resolved "x`],
    ['package-lock.json', '"'.repeat(many)],
  ])('%s of a kind that patterns run long on takes no time by its square', async (path, text) => {
    const worked = startWork()
    await check({ [path]: text })
    expect(worked()).toBeLessThan(2_000)
  })

  it('that is too large to be read in time is refused', async () => {
    const large = `packages:\n${'  # x\n'.repeat(900_000)}`
    expect(await rules({ 'pnpm-lock.yaml': large })).toEqual(['lockfile.unreadable pnpm-lock.yaml:1'])
  })
})

describe('which lockfiles count', () => {
  const bad = npm({ ...ms, integrity: undefined })
  const seen = async (files: Files, argv: readonly string[], ecosystem: string, cwd?: string) =>
    (await checkLockfiles(treeOf(files), { ecosystem, setup: [phase(argv, cwd)] })).problems.map(({ path }) => path)

  it('those where a command is started or which it names, not those of other folders and ecosystems', async () => {
    const files = {
      'package-lock.json': bad,
      'web/package-lock.json': bad,
      'requirements.txt': 'a @ git+https://x.example.org/a',
    }
    expect(await seen(files, ['npm', 'ci'], 'node')).toEqual(['package-lock.json'])
    expect(await seen(files, ['npm', 'ci'], 'node', 'web')).toEqual(['web/package-lock.json'])
    expect(await seen(files, ['npm', '--prefix=web', 'ci'], 'node')).toContain('web/package-lock.json')
    expect(await seen(files, ['pip', 'install', '-r', 'requirements.txt'], 'python')).toEqual(['requirements.txt'])
  })

  it('a shell may go anywhere but into what is vendored', async () => {
    const files = { 'deep/er/package-lock.json': bad, 'node_modules/x/package-lock.json': bad }
    expect(await seen(files, ['sh', '-c', 'cd deep/er && npm ci'], 'node')).toEqual(['deep/er/package-lock.json'])
  })

  it('requirements files that others include, and nothing where nothing is set up', async () => {
    const files = { 'requirements.txt': '-r more/base.txt\n', 'more/base.txt': 'a @ git+https://x.example.org/a\n' }
    expect(await seen(files, ['pip', 'install', '-r', 'requirements.txt'], 'python')).toEqual(['more/base.txt'])
    expect((await checkLockfiles(treeOf(files), { ecosystem: 'python', setup: [] })).files).toEqual([])
  })
})

describe('a change of a lockfile', () => {
  const change = (before: string, after: string) =>
    checkLockfileChange(treeOf({ 'package-lock.json': before }), treeOf({ 'package-lock.json': after }), [
      'package-lock.json',
      'a.ts',
    ])
  const other = `sha512-${Buffer.alloc(64, 8).toString('base64')}`

  it('that raises a version with its hash stands', async () => {
    const next = { version: '2.1.4', resolved: `${REGISTRY}/ms/-/ms-2.1.4.tgz`, integrity: other }
    expect(await change(npm(ms), npm(next))).toEqual([])
  })

  it.each([
    ['another hash for the same version', npm({ ...ms, integrity: other }), 'lockfile.replaced'],
    ['another host', npm({ ...ms, resolved: `${EVIL}/ms/-/ms-2.1.3.tgz` }), 'lockfile.address'],
    ['no hash any more', npm({ ...ms, integrity: undefined }), 'lockfile.integrity'],
  ])('that gives %s does not', async (_, after, rule) => {
    expect((await change(npm(ms), after)).map((found) => found.rule)).toContain(rule)
  })

  it('that takes every hash out of a requirements file does not', async () => {
    const [before, after] = [`ms==2.1.3 --hash=sha256:${HEX}\n`, 'ms==2.1.3\n'].map((text) =>
      treeOf({ 'requirements.txt': text }),
    )
    if (before === undefined || after === undefined) throw new Error('two trees')
    const found = await checkLockfileChange(before, after, ['requirements.txt'])
    expect(found.map(({ rule, line }) => `${rule} ${line}`)).toEqual(['lockfile.integrity 1'])
    expect(await checkLockfileChange(after, before, ['requirements.txt'])).toEqual([])
  })

  it('is not blamed for what was wrong before', async () => {
    const bad = npm({ ...ms, integrity: undefined })
    expect(await change(bad, bad.replace('"x"', '"y"'))).toEqual([])
  })
})
