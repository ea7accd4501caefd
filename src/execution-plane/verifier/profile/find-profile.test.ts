import { describe, expect, it } from 'vitest'
import type { Task } from '#domain/task'
import type { PackageRegistries } from '#ports'
import { findProfile } from './find-profile.ts'
import { sealProfile } from './seal-profile.ts'

const ADDRESSES = {
  npm: ['https://npm.example.org:8443/'],
  pip: ['https://index.example.org/simple', 'https://files.example.org/'],
  maven: ['https://maven.example.org/maven2'],
  go: ['https://go.example.org/'],
  cargo: ['https://crates.example.org/', 'https://static.example.org/'],
} as const
const asked: string[] = []
const registries: PackageRegistries = {
  addresses: async (of) => {
    asked.push(of)
    return ADDRESSES[of]
  },
}

const find = (files: Readonly<Record<string, string>>, choice: Task['verification'] = null) =>
  findProfile(
    {
      list: async () =>
        Object.keys(files)
          .sort()
          .map((path) => ({ path, mode: '100644', blob: path, bytes: 1 })),
      read: async (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
    },
    choice,
    registries,
  )
const found = async (files: Readonly<Record<string, string>>) => {
  const result = await find(files)
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}
const refusal = async (files: Readonly<Record<string, string>>, choice: Task['verification'] = null) => {
  const result = await find(files, choice)
  return result.ok ? undefined : result.refusal
}
const manifest = (test: string, more: object = {}) => JSON.stringify({ scripts: { test }, ...more })
const argvOf = async (files: Readonly<Record<string, string>>) => (await found(files)).phases.at(-1)?.argv.join(' ')

describe('node', () => {
  const RUNNERS: readonly (readonly [script: string, argv: string, format: string])[] = [
    ['vitest', 'node_modules/.bin/vitest run --passWithNoTests=false --reporter=default --reporter=json', 'jest_json'],
    [
      'vitest run --config a.ts --passWithNoTests --reporter verbose',
      'node_modules/.bin/vitest run --config a.ts --passWithNoTests=false',
      'jest_json',
    ],
    ['NODE_ENV=test jest --coverage --passWithNoTests', 'node_modules/.bin/jest --ci --json', 'jest_json'],
    ['npx mocha --reporter dot test', 'node_modules/.bin/mocha test --reporter xunit', 'junit'],
    ['node --import tsx --test', 'node --import tsx --test --test-reporter=spec', 'jest_json'],
    ["node --test 'test/**/*.test.js'", 'node --test --test-reporter=spec', 'jest_json'],
    ['tape test/*.js', 'sh -c exec node_modules/.bin/tape test/*.js', 'tap'],
    ['ava', 'node_modules/.bin/ava --tap', 'tap'],
  ]
  for (const [script, argv, format] of RUNNERS)
    it(`the script "${script}" runs with the platform's reporter`, async () => {
      const phase = (await found({ 'package.json': manifest(script) })).phases.at(-1)
      expect(phase?.argv.join(' ').startsWith(argv), phase?.argv.join(' ')).toBe(true)
      expect(phase?.argv.join(' ')).not.toMatch(/--passWithNoTests(?!=false)|verbose|dot/)
      expect(phase?.results?.format).toBe(format)
    })

  it('a script that only a shell can run is run as the base commit has it, by exit code', async () => {
    const phase = (await found({ 'package.json': manifest('./run-tests.sh | tee log') })).phases.at(-1)
    expect(phase?.argv).toEqual(['sh', '-c', 'PATH="$PWD/node_modules/.bin:$PATH"; ./run-tests.sh | tee log'])
    expect(phase?.results).toBeUndefined()
  })

  it('a script that calls scripts is followed to its runner', async () => {
    const scripts = { test: 'npm run build && npm run unit', build: 'tsc -p .', unit: 'vitest run' }
    const profile = await found({ 'package.json': JSON.stringify({ scripts }) })
    expect(profile.phases.map((phase) => phase.id)).toEqual(['build', 'unit_tests'])
    expect(profile.phases[0]?.argv).toEqual(['node_modules/.bin/tsc', '-p', '.'])
  })

  it('a build that the tests begin with runs once, and phases have names of their own', async () => {
    const phases = async (scripts: object) =>
      (await found({ 'package.json': JSON.stringify({ scripts }) })).phases.map(
        ({ id, argv }) => `${id}: ${argv.join(' ').slice(0, 40)}`,
      )
    const test = 'tsc -p . && node --test dist/a.test.js'
    expect(await phases({ build: 'tsc -p .', typecheck: 'tsc -p .', test })).toEqual([
      'build: node_modules/.bin/tsc -p .',
      expect.stringMatching(/^unit_tests: node --test/),
    ])
    expect(await phases({ build: 'tsc -p . --force', test })).toEqual([
      'build: node_modules/.bin/tsc -p . --force',
      'build_2: node_modules/.bin/tsc -p .',
      expect.stringMatching(/^unit_tests: node --test/),
    ])
  })

  it('a phase is shown as the repository speaks of it, and that does not change its version', async () => {
    const shown = async (files: Readonly<Record<string, string>>) =>
      (await found(files)).phases.map((phase) => phase.shown)
    const test = 'tsc -p . && node --test dist/*.test.js'
    expect(await shown({ 'package.json': manifest('vitest --coverage') })).toEqual(['npm test'])
    expect(await shown({ 'package.json': manifest('./x.sh | tee log'), 'pnpm-lock.yaml': '' })).toEqual(['pnpm test'])
    expect(await shown({ 'package.json': manifest(test) })).toEqual(['tsc -p .', 'node --test dist/*.test.js'])
    expect(await shown({ 'package.json': '{"devDependencies":{"jest":"29"}}' })).toEqual(['npx jest'])
    expect(await shown({ 'test_a.py': 'import unittest' })).toEqual(['python -m unittest'])
    expect(await shown({ 'tests/test_a.py': 'import pytest' })).toEqual(['python -m pytest'])
    expect(await shown({ 'pom.xml': '<project/>' })).toEqual(['mvn test-compile', 'mvn test'])
    const [npm, pnpm] = await Promise.all([
      found({ 'package.json': manifest('node --test') }),
      found({ 'package.json': manifest('node --test'), 'pnpm-lock.yaml': '' }),
    ])
    expect(npm.phases[0]?.shown).not.toBe(pnpm.phases[0]?.shown)
    const { id, version, found_by: _, ...deciding } = npm
    const again = sealProfile({
      ...deciding,
      id,
      phases: npm.phases.map((phase) => ({ ...phase, shown: 'x' })),
      found_by: '',
    })
    expect(again.version).toBe(version)
  })

  it('the lockfile names the package manager, and install scripts never run', async () => {
    const dependencies = { devDependencies: { vitest: '1' } }
    const base = { 'package.json': manifest('vitest', dependencies) }
    const MANAGERS = [
      ['node-npm-standard', { 'package-lock.json': '{}' }, 'npm ci --ignore-scripts'],
      ['node-npm-standard', {}, 'npm install --ignore-scripts --no-package-lock'],
      [
        'node-pnpm-standard',
        { 'pnpm-lock.yaml': "lockfileVersion: '6.0'" },
        'npx --yes pnpm@8 install --frozen-lockfile --ignore-scripts',
      ],
      [
        'node-yarn-standard',
        { 'yarn.lock': '# yarn lockfile v1' },
        'npx --yes yarn@1.22.22 install --frozen-lockfile --ignore-scripts',
      ],
      [
        'node-yarn-standard',
        { 'yarn.lock': '__metadata:\n  version: 8' },
        'npx --yes @yarnpkg/cli-dist@4 install --immutable --mode=skip-build',
      ],
    ] as const
    for (const [id, lock, argv] of MANAGERS) {
      const profile = await found({ ...base, ...lock })
      expect(profile.id).toBe(id)
      expect(profile.setup?.[0]?.argv.join(' ')).toContain(argv)
      expect(profile.registry_hosts).toEqual(['npm.example.org'])
    }
  })

  it('hosts of a lockfile are opened by name, addresses and this machine never', async () => {
    const lock = [
      'https://npm.acme.io/a.tgz',
      'https://127.0.0.1/b.tgz',
      'https://localhost/c.tgz',
      'http://plain.io/d.tgz',
      'https://metadata.internal/e.tgz',
    ]
    const text = lock.map((url) => `"resolved": "${url}"`).join('\n')
    const profile = await found({
      'package.json': manifest('vitest', { dependencies: { a: '1' } }),
      'package-lock.json': text,
    })
    expect(profile.registry_hosts).toEqual(['npm.acme.io', 'npm.example.org'])
  })

  it('without a test script the runner is found from the dependencies or the tests', async () => {
    expect(await argvOf({ 'package.json': '{"devDependencies":{"jest":"29"}}' })).toContain('.bin/jest')
    expect(await argvOf({ 'package.json': '{}', 'a.test.js': "import test from 'node:test'" })).toContain('node --test')
    expect(
      await argvOf({
        'package.json': manifest('echo "Error: no test specified" && exit 1', { devDependencies: { mocha: '1' } }),
      }),
    ).toContain('.bin/mocha')
  })

  it('what needs nothing installed has no setup and no way out', async () => {
    const profile = await found({ 'package.json': manifest('node --test') })
    expect(profile).toMatchObject({ registry_hosts: [] })
    expect(profile.setup).toBeUndefined()
  })
})

describe('python and java', () => {
  it('pytest and unittest are told apart', async () => {
    expect((await found({ 'test_a.py': 'import pytest\n' })).id).toBe('python-pytest-standard')
    expect((await found({ 'test_a.py': 'import unittest\n' })).id).toBe('python-unittest-standard')
    expect((await found({ 'pyproject.toml': '[tool.pytest.ini_options]\n', 'tests/test_a.py': '' })).id).toBe(
      'python-pytest-standard',
    )
  })

  it('requirements, the project and its test extras are installed into a virtual environment', async () => {
    const pyproject = '[project]\nname = "x"\n[project.optional-dependencies]\ntest = ["pytest"]\ndocs = ["sphinx"]\n'
    const { setup } = await found({
      'pyproject.toml': pyproject,
      'requirements.txt': 'requests==2\n',
      'tests/test_a.py': '',
    })
    expect(setup?.map((phase) => phase.argv.slice(-2).join(' '))).toEqual([
      'venv /home/agent/.venv',
      '-r requirements.txt',
      '-e .[test]',
    ])
  })

  it('a build that asks git for its version is told one, for this package alone', async () => {
    const project = async (pyproject: string) => {
      const { setup } = await found({ 'pyproject.toml': pyproject, 'tests/test_a.py': '' })
      return setup?.find((phase) => phase.id === 'project')?.env ?? {}
    }
    const scm = '[build-system]\nrequires = ["setuptools_scm"]\n[project]\nname = "my-pkg.core"\n'
    expect(await project(scm)).toMatchObject({ SETUPTOOLS_SCM_PRETEND_VERSION_FOR_MY_PKG_CORE: '0.0.0' })
    expect(Object.keys(await project('[project]\nname = "plain"\nversion = "1"\n')).join()).not.toContain('PRETEND')
  })

  it('maven runs offline after setup and does not let the repository ignore failures', async () => {
    const profile = await found({ 'pom.xml': '<project/>' })
    expect(profile.id).toBe('java-maven-standard')
    expect(profile.phases.every((phase) => phase.argv.includes('-o'))).toBe(true)
    expect(profile.phases[1]?.argv).toContain('-Dmaven.test.failure.ignore=false')
    expect(profile.setup?.at(-1)?.argv).toContain('clean')
  })
})

describe('profiles of a repository or an operator', () => {
  const own = 'id: mine\nphases:\n  - id: check\n    command: [make, test]\n'

  it('.gander/verify.yaml comes first', async () => {
    expect(await found({ '.gander/verify.yaml': own, 'pom.xml': '<project/>' })).toMatchObject({
      id: 'mine',
      found_by: '.gander/verify.yaml',
      phases: [{ id: 'check', argv: ['make', 'test'], required: true, timeout_seconds: 600 }],
    })
  })

  it('an operator may give a profile or name one that fits', async () => {
    expect((await find({}, { kind: 'given', source: own })).ok).toBe(true)
    expect(
      (
        await find(
          { 'pom.xml': '<project/>', 'test_a.py': 'import unittest' },
          { kind: 'named', id: 'python-unittest-standard' },
        )
      ).ok,
    ).toBe(true)
    expect(await refusal({ 'pom.xml': '<project/>' }, { kind: 'named', id: 'node-npm-standard' })).toMatchObject({
      code: 'verifier_not_found',
      message: expect.stringContaining('java-maven-standard'),
    })
    expect(await refusal({}, { kind: 'named', id: 'cobol' })).toMatchObject({
      code: 'verifier_invalid',
      message: expect.stringContaining('node-npm-standard'),
    })
  })

  const BROKEN: readonly (readonly [fact: string, source: string, said: RegExp])[] = [
    [
      'an unknown field',
      `${own}    timeout: 5\n`,
      /phases\.0\.timeout \(line 5\) is no known field; did you mean timeout_seconds/,
    ],
    ['a wrong type', own.replace('[make, test]', 'make test'), /phases\.0\.command \(line 4\) must be a list/],
    ['no phases', 'id: x\nphases: []\n', /phases \(line 2\) needs at least one phase/],
    ['broken YAML', 'phases: [\n', /line \d+: /],
    [
      'a path out of the repository',
      `${own}    cwd: ../x\n`,
      /phases\.0\.cwd \(line 5\) must be a path inside the repository/,
    ],
    [
      'an IP address as a registry',
      `registry_hosts: [10.0.0.1]\n${own}`,
      /registry_hosts\.0 \(line 1\) must be a host name/,
    ],
    ['two phases of one name', `${own}  - id: check\n    command: [b]\n`, /two phases are called check/],
    [
      'an alias bomb',
      `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n${own}`,
      /alias|line/i,
    ],
  ]
  for (const [fact, source, said] of BROKEN)
    it(`${fact} is refused with its line and what is allowed`, async () => {
      const answer = await refusal({ '.gander/verify.yaml': source })
      expect(answer?.code).toBe('verifier_invalid')
      expect(answer?.message).toMatch(said)
    })

  it('where nothing is found, the refusal says what was looked for and what there is', async () => {
    const answer = await refusal({ 'README.md': '', 'main.c': '' })
    expect(answer?.code).toBe('verifier_not_found')
    expect(answer?.message).toMatch(/package\.json.*pom\.xml.*README\.md, main\.c/)
  })

  it('the version changes with what is run and not with how it was found', async () => {
    const [one, two, three] = await Promise.all([
      found({ 'test_a.py': 'import unittest' }),
      found({ 'test_b.py': 'import unittest' }),
      found({ 'tests/test_a.py': 'import unittest' }),
    ])
    expect(one.version).toBe(two.version)
    expect(one.version).not.toBe(three.version)
  })
})

describe('registries of the machine', () => {
  const askedFor = async (files: Readonly<Record<string, string>>) => {
    asked.length = 0
    const { registry_hosts } = await found(files)
    return { registry_hosts, asked: [...asked] }
  }

  it('a tool is asked only where its ecosystem has something to set up', async () => {
    const node = manifest('vitest', { dependencies: { a: '1' } })
    expect(await askedFor({ 'package.json': node, 'pom.xml': '<project/>' })).toEqual({
      asked: ['npm'],
      registry_hosts: ['npm.example.org'],
    })
    expect(await askedFor({ 'package.json': manifest('node --test'), 'test_a.py': 'import pytest' })).toEqual({
      asked: [],
      registry_hosts: [],
    })
    expect(await askedFor({ 'requirements.txt': 'six==1\n', 'test_a.py': 'import pytest' })).toEqual({
      asked: ['pip'],
      registry_hosts: ['files.example.org', 'index.example.org'],
    })
    expect(await askedFor({ 'pom.xml': '<project/>' })).toEqual({
      asked: ['maven'],
      registry_hosts: ['maven.example.org'],
    })
  })
})
