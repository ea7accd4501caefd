import { describe, expect, it } from 'vitest'
import type { Advisory, DependencyTerms, PackageAnswer, PackageFacts, PackageQuestion } from '#ports'
import { dependencyVerdict, readDependencies } from './index.ts'

const NOW = Date.parse('2030-06-15T00:00:00Z')
const KNOWN: Extract<PackageAnswer, { answer: 'known' }> = {
  answer: 'known',
  registry: 'registry.example.org',
  version: '1.0.0',
  version_exists: true,
  published_at: '2028-01-01T00:00:00Z',
  first_published_at: '2025-01-01T00:00:00Z',
  yanked: false,
  deprecated: null,
  install_scripts: false,
  maintainers: 2,
  downloads: null,
  license: 'MIT',
}

interface World {
  readonly answers?: Readonly<Record<string, Partial<typeof KNOWN> | 'missing' | 'unavailable'>>
  readonly advisories?: readonly Advisory[]
  readonly terms?: DependencyTerms
  readonly task?: boolean
  readonly others?: Readonly<Record<string, string>>
}

type Files = Readonly<Record<string, string>>

const bytes = (text: string | undefined) => (text === undefined ? undefined : new TextEncoder().encode(text))

async function look(
  before: Files,
  after: Files,
  { answers = {}, advisories = [], terms = {}, task = false, others = {} }: World = {},
) {
  const asked: PackageQuestion[] = []
  const facts: PackageFacts = {
    terms: async () => terms,
    advisories: async () => ({ answer: 'known', read: advisories.length, advisories }),
    look: async (question) => {
      asked.push(question)
      const said = answers[question.name]
      if (said === 'missing') return { answer: 'missing', registries: ['registry.example.org'] }
      if (said === 'unavailable') return { answer: 'unavailable', reason: 'no answer' }
      return { ...KNOWN, version: question.version ?? KNOWN.version, ...said }
    },
  }
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const reading = await readDependencies({
    files: paths.map((path) => ({ path, before: bytes(before[path]), after: bytes(after[path]) })),
    paths: [...Object.keys(after), ...Object.keys(others)],
    read: async (path) => bytes(others[path] ?? after[path]),
    is_dependency_task: task,
    facts,
    now: NOW,
    signal: new AbortController().signal,
  })
  return {
    reading,
    asked,
    verdict: dependencyVerdict(reading),
    rules: (reading?.findings ?? []).map(({ rule }) => rule),
  }
}

const npm = (dependencies: Files, more: object = {}) => ({
  'package.json': JSON.stringify({ dependencies, ...more }, null, 1),
})

describe('what a change of manifests and lockfiles says', () => {
  const cases: readonly (readonly [fact: string, before: Files, after: Files, kind: string, of: string])[] = [
    ['npm', npm({ a: '^1.0.0' }), npm({ a: '^2.0.0' }), 'major', 'npm a ^2.0.0'],
    ['npm below 1.0', npm({ a: '^0.1.0' }), npm({ a: '^0.2.0' }), 'major', 'npm a ^0.2.0'],
    ['an npm alias', npm({}), npm({ left: 'npm:right@^1.0.0' }), 'added', 'npm right ^1.0.0'],
    [
      'a pnpm catalog',
      { 'pnpm-workspace.yaml': 'catalog:\n  a: ^1.0.0\n' },
      { 'pnpm-workspace.yaml': 'catalog:\n  a: ^1.0.0\n  b: ^3.0.0\n' },
      'added',
      'npm b ^3.0.0',
    ],
    [
      'pip',
      { 'requirements.txt': 'a==1.0\n' },
      { 'requirements.txt': 'a==1.0\nB_c[x]>=2,<3 ; python_version > "3"\n' },
      'added',
      'pip b-c >=2,<3',
    ],
    [
      'pyproject',
      { 'pyproject.toml': '[project]\ndependencies = ["a>=1"]\n' },
      { 'pyproject.toml': '[project]\ndependencies = ["a>=2"]\n' },
      'major',
      'pip a >=2',
    ],
    [
      'Poetry',
      { 'pyproject.toml': '[tool.poetry.dependencies]\na = "^1.0"\n' },
      { 'pyproject.toml': '[tool.poetry.dependencies]\na = {git = "https://git.example.org/a.git"}\n' },
      'source_changed',
      'pip a',
    ],
    [
      'Cargo',
      { 'Cargo.toml': '[dependencies]\na = "1.2"\n' },
      { 'Cargo.toml': '[dependencies]\na = "1.1"\n' },
      'downgraded',
      'cargo a 1.1',
    ],
    [
      'Go',
      { 'go.mod': 'module m\nrequire a.example/x v1.0.0\n' },
      { 'go.mod': 'module m\nrequire (\n a.example/x v1.0.0\n b.example/y v1.2.0\n)\n' },
      'added',
      'go b.example/y v1.2.0',
    ],
    [
      'Maven with a property',
      {
        'pom.xml':
          '<p><properties><v>1.0</v></properties><dependency><groupId>g</groupId><artifactId>a</artifactId><version>${v}</version></dependency></p>',
      },
      {
        'pom.xml':
          '<p><properties><v>2.0</v></properties><dependency><groupId>g</groupId><artifactId>a</artifactId><version>${v}</version></dependency></p>',
      },
      'major',
      'maven g:a 2.0',
    ],
    [
      'Gradle',
      { 'build.gradle': '' },
      { 'build.gradle': 'dependencies {\n  implementation "org.x:y:1.2"\n}\n' },
      'added',
      'maven org.x:y 1.2',
    ],
    [
      'a version catalog',
      { 'gradle/libs.versions.toml': '[versions]\nv="1.0"\n[libraries]\na={module="g:a",version.ref="v"}\n' },
      { 'gradle/libs.versions.toml': '[versions]\nv="1.1"\n[libraries]\na={module="g:a",version.ref="v"}\n' },
      'raised',
      'maven g:a 1.1',
    ],
    ['what is gone', npm({ a: '1.0.0' }), npm({}), 'removed', 'npm a 1.0.0'],
  ]
  it.each(cases)('%s', async (_, before, after, ...[kind, of]) => {
    const { reading } = await look(before, after)
    expect(reading?.changes).toEqual([expect.objectContaining({ kind, of })])
  })

  it('a change of scripts or of other files is no change of dependencies', async () => {
    const { reading, asked, verdict } = await look(npm({ a: '1.0.0' }), npm({ a: '1.0.0' }, { scripts: { test: 'x' } }))
    expect(reading?.changes).toEqual([])
    expect([asked, verdict.answer]).toEqual([[], 'pass'])
    expect((await look({ 'a.ts': '1' }, { 'a.ts': '2' })).reading).toBeUndefined()
  })
})

describe('what is refused, what a person must agree to, and what passes', () => {
  it('a new dependency needs a person, unless the task is about dependencies', async () => {
    const { reading, verdict } = await look(npm({}), npm({ 'good-thing': '^1.0.0' }))
    expect(verdict.answer).toBe('fail')
    expect(reading?.asked).toEqual(['npm good-thing ^1.0.0: added'])
    expect(dependencyVerdict(reading, { approval: 'appr_1' })).toMatchObject({ answer: 'pass', decided_by: 'person' })
    expect((await look(npm({}), npm({ 'good-thing': '^1.0.0' }), { task: true })).verdict.answer).toBe('pass')
  })

  it('a dependency that another manifest of the repository has is not new', async () => {
    const others = { 'packages/b/package.json': JSON.stringify({ dependencies: { a: '^1.0.0' } }) }
    const { asked, rules, verdict } = await look(npm({}), npm({ a: '^1.0.0' }), { others })
    expect([asked, rules, verdict.answer]).toEqual([[], [], 'pass'])
  })

  const one = npm({ a: '^1.0.0' })
  const refused: readonly (readonly [fact: string, rule: string, world: World])[] = [
    ['exists at no registry', 'dependency.missing', { answers: { a: 'missing' } }],
    ['has no such version', 'dependency.version_missing', { answers: { a: { version_exists: false } } }],
    [
      'was published two days ago',
      'dependency.too_young',
      { answers: { a: { published_at: '2030-06-13T00:00:00Z' } } },
    ],
    ['was taken back', 'dependency.yanked', { answers: { a: { yanked: true } } }],
    ['has a licence that is not allowed', 'dependency.license', { terms: { denied_licenses: ['MIT'] } }],
    [
      "is of one's own and was found elsewhere",
      'dependency.confusion',
      { terms: { internal: { 'a*': 'own.example.org' } } },
    ],
    [
      'is spoken of by an advisory',
      'dependency.advisory',
      {
        advisories: [
          {
            id: 'X-1',
            summary: 's',
            tool: 'npm',
            name: 'a',
            versions: [],
            ranges: [{ introduced: '0', fixed: '1.0.1' }],
          },
        ],
      },
    ],
  ]
  it.each(refused)('a package that %s is refused also in a task about dependencies', async (_, rule, world) => {
    const { verdict, rules } = await look(npm({}), one, { ...world, task: true })
    expect(verdict.answer).toBe('fail')
    expect(rules).toContain(rule)
  })

  it.each([
    ['an old version', { answers: { a: { published_at: '2030-06-01T00:00:00Z' } } }],
    [
      'a young one where the installation asks for one day',
      { terms: { min_age_days: 1 }, answers: { a: { published_at: '2030-06-13T00:00:00Z' } } },
    ],
    [
      'one that an advisory no longer speaks of',
      {
        advisories: [
          {
            id: 'X-1',
            summary: 's',
            tool: 'npm',
            name: 'a',
            versions: [],
            ranges: [{ introduced: '0', fixed: '1.0.0' }],
          },
        ],
      },
    ],
  ] satisfies readonly (readonly [string, World])[])('%s passes in a task about dependencies', async (_, world) => {
    expect((await look(npm({}), one, { ...world, task: true })).verdict.answer).toBe('pass')
  })

  it.each([
    ['cannot be looked up', 'dependency.unavailable', 'unavailable', { answers: { a: 'unavailable' } }],
    ['has no date', 'dependency.age_unknown', 'fail', { answers: { a: { published_at: null } } }],
    ['is deprecated', 'dependency.deprecated', 'fail', { answers: { a: { deprecated: 'use b' } } }],
    ['runs install scripts', 'dependency.install_scripts', 'fail', { answers: { a: { install_scripts: true } } }],
  ] satisfies readonly (readonly [string, string, string, World])[])(
    "a package that %s is a person's also in a task about dependencies, and never passes by itself",
    async (_, rule, answer, world) => {
      const { verdict, reading } = await look(npm({}), one, { ...world, task: true })
      expect(verdict.answer).toBe(answer)
      expect(reading?.asked_by).toEqual([rule])
    },
  )

  it.each([
    ['git', npm({ a: 'git+https://git.example.org/a.git' }), 'dependency.source'],
    ['a short name of a forge', npm({ a: 'somebody/a' }), 'dependency.source'],
    ['an address', npm({ a: 'https://files.example.org/a.tgz' }), 'dependency.source'],
    ['a folder outside', npm({ a: 'file:../../a' }), 'dependency.source'],
    ['any version', npm({ a: '*' }), 'dependency.unpinned'],
    ['a pip address', { 'requirements.txt': 'a @ https://files.example.org/a.whl\n' }, 'dependency.source'],
    [
      'another index',
      { 'requirements.txt': '--extra-index-url https://pypi.evil.example/simple\n' },
      'dependency.registry_changed',
    ],
    ['another npm registry', { '.npmrc': '@acme:registry=https://npm.evil.example/\n' }, 'dependency.registry_changed'],
    [
      'another Maven repository',
      { 'build.gradle.kts': 'repositories { maven { url = uri("https://maven.evil.example/") } }\n' },
      'dependency.registry_changed',
    ],
    [
      'a patched crate',
      { 'Cargo.toml': '[patch.crates-io]\na = { git = "https://git.example.org/a" }\n' },
      'dependency.source',
    ],
    ['a broken manifest', { 'package.json': '{' }, 'dependency.unreadable'],
  ] satisfies readonly (readonly [string, Files, string])[])('%s is refused', async (_, after, rule) => {
    const { verdict, rules } = await look({}, after, { task: true })
    expect([verdict.answer, rules.includes(rule as (typeof rules)[number])]).toEqual(['fail', true])
  })

  it('a folder of the repository and a workspace pass without being looked up', async () => {
    const { verdict, asked } = await look(npm({}), npm({ a: 'file:packages/a', b: 'workspace:*' }))
    expect([verdict.answer, asked]).toEqual(['pass', []])
  })

  it("a name near a popular or used one is a person's, the popular one itself is not", async () => {
    for (const name of ['expres', 'reqeust', 'cross_env', 'dom-react'])
      expect((await look(npm({}), npm({ [name]: '^1.0.0' }), { task: true })).reading?.asked_by, name).toEqual([
        'dependency.near_name',
      ])
    for (const name of ['express', 'preact', 'ws', 'unheard-of-thing'])
      expect((await look(npm({}), npm({ [name]: '^1.0.0' }), { task: true })).reading?.asked_by, name).toEqual([])
  })

  it("a lockfile that raises what no manifest speaks of is a person's", async () => {
    const lock = (version: string) => ({
      'package-lock.json': JSON.stringify({
        packages: {
          'node_modules/a': {
            version,
            resolved: `https://registry.example.org/a/-/a-${version}.tgz`,
            integrity: 'sha512-x',
          },
        },
      }),
    })
    expect((await look(lock('1.0.0'), lock('1.0.1'))).rules).toEqual(['dependency.locked_alone'])
    expect((await look(lock('1.0.0'), lock('0.9.0'))).rules).toContain('dependency.downgraded')
  })

  it('a scope that comes from another host than before is refused', async () => {
    const lock = (host: string, name: string) => ({
      'package-lock.json': JSON.stringify({
        packages: {
          [`node_modules/${name}`]: {
            version: '1.0.0',
            resolved: `https://${host}/${name}/-/x-1.0.0.tgz`,
            integrity: 'sha512-x',
          },
        },
      }),
    })
    const own = lock('npm.own.example', '@acme/one')
    expect((await look(own, lock('registry.example.org', '@acme/two'))).rules).toContain('dependency.confusion')
    expect((await look(own, lock('npm.own.example', '@acme/two'))).rules).not.toContain('dependency.confusion')
  })

  it('many packages are bounded: what is left over is unavailable', async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`package-number-${at}`, '^1.0.0']))
    const { asked, verdict } = await look(npm({}), npm(many), { task: true })
    expect([asked.length, verdict.answer]).toEqual([150, 'unavailable'])
  })

  it('every check says what it looked at, also where it found nothing', async () => {
    const { reading } = await look(npm({ a: '^1.0.0' }), npm({ a: '^1.0.1' }), { task: true })
    expect(reading?.checks.map(({ check, answer }) => [check, answer])).toEqual([
      ['dependencies', 'clean'],
      ['dependency_sources', 'clean'],
      ['package_names', 'clean'],
      ['registry_facts', 'not_asked'],
      ['advisories', 'clean'],
    ])
  })
})
