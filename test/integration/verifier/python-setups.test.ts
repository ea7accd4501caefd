import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { createPackageRegistries } from '#adapters/registries'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { verifierWorld } from './world.ts'

const home = mkdtempSync(join(tmpdir(), 'gander-python-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const driver = createBubblewrapDriver({ home })
const { available } = await driver.probe()
const registries = createPackageRegistries({ home })
const proxy = createRegistryProxy({ home })
const LONG = env['GANDER_LONG_TESTS'] === '1'

const [index] = await registries.addresses('pip')
const reached =
  index !== undefined &&
  (await fetch(index.replace(/\/*$/, '/iniconfig/'), { method: 'HEAD', signal: AbortSignal.timeout(8_000) }).then(
    ({ ok }) => ok,
    () => false,
  ))

type Texts = Readonly<Record<string, string>>

const SUITE = {
  'tests/__init__.py': '',
  'tests/test_settings.py': `import unittest
import iniconfig

class SettingsTest(unittest.TestCase):
    def test_reads(self):
        self.assertEqual(iniconfig.IniConfig('x', data='[a]\\nb=1\\n')['a']['b'], '1')

    def test_reads_wrongly(self):
        self.assertEqual(iniconfig.IniConfig('x', data='[a]\\nb=1\\n')['a']['b'], '2')
`,
}
const WHEEL = 'b6a85871a79d2e3b22d2d1b94ac2824226a63c6b741c88f7ae975f18b6778374'
const ARCHIVE = '2d91e135bf72d31a410b17c16da610a82cb55f6b0477d1a902134b24a455b8b3'
const COLORAMA = '4f1d9991f5acc0ca119f9d443620b77f9d6b33703e51011c16baf57afb285fc6'
const INDEX = 'https://packages.example.org/simple'

const UV_PROJECT = `[project]
name = "till"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["iniconfig==2.0.0"]

[dependency-groups]
test = ["colorama==0.4.6 ; sys_platform == 'win32'"]

[tool.uv]
package = false
`
/** As uv 0.9 writes it, with another index. */
const UV_LOCK = `version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "colorama"
version = "0.4.6"
source = { registry = "${INDEX}" }
wheels = [
    { url = "${INDEX}/colorama-0.4.6-py2.py3-none-any.whl", hash = "sha256:${COLORAMA}" },
]

[[package]]
name = "iniconfig"
version = "2.0.0"
source = { registry = "${INDEX}" }
sdist = { url = "${INDEX}/iniconfig-2.0.0.tar.gz", hash = "sha256:${ARCHIVE}" }
wheels = [
    { url = "${INDEX}/iniconfig-2.0.0-py3-none-any.whl", hash = "sha256:${WHEEL}" },
]

[[package]]
name = "till"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "iniconfig" },
]

[package.dev-dependencies]
test = [
    { name = "colorama", marker = "sys_platform == 'win32'" },
]
`
const poetryProject = (url: string): string => `[tool.poetry]
package-mode = false

[tool.poetry.dependencies]
python = ">=3.10"
iniconfig = "2.0.0"
colorama = { version = "0.4.6", markers = "sys_platform == 'win32'" }

[[tool.poetry.source]]
name = "own"
url = "${url}"
priority = "primary"
`
const poetryPackage = (name: string, version: string, more: string): string => `[[package]]
name = "${name}"
version = "${version}"
optional = false
python-versions = ">=3.7"
groups = ["main"]
${more}
[package.source]
type = "legacy"
url = "${INDEX}"
reference = "own"

`
/** As Poetry 2.5 writes it for a project with an index of its own. */
const POETRY_LOCK = `${poetryPackage(
  'colorama',
  '0.4.6',
  `markers = "sys_platform == \\"win32\\""
files = [
    {file = "colorama-0.4.6-py2.py3-none-any.whl", hash = "sha256:${COLORAMA}"},
]
`,
)}${poetryPackage(
  'iniconfig',
  '2.0.0',
  `files = [
    {file = "iniconfig-2.0.0-py3-none-any.whl", hash = "sha256:${WHEEL}"},
    {file = "iniconfig-2.0.0.tar.gz", hash = "sha256:${ARCHIVE}"},
]
`,
)}[metadata]
lock-version = "2.1"
python-versions = ">=3.10"
`
const TOX = '[tox]\nskipsdist = true\n\n[testenv]\ndeps =\n    iniconfig==2.0.0\ncommands = python -m unittest\n'

const SETUPS: readonly (readonly [name: string, files: Texts, shown: string])[] = [
  ['uv.lock', { 'pyproject.toml': UV_PROJECT, 'uv.lock': UV_LOCK }, 'pip install --require-hashes (2 of uv.lock)'],
  [
    'poetry.lock with an index of its own',
    { 'pyproject.toml': poetryProject(`${INDEX}/`), 'poetry.lock': POETRY_LOCK },
    'pip install --require-hashes (2 of poetry.lock)',
  ],
  ['tox.ini', { 'tox.ini': TOX }, 'pip install iniconfig==2.0.0'],
]

/** Sets a project up through its one door and runs its tests without a network. */
async function isVerified(files: Texts, shown: string): Promise<void> {
  const world = await verifierWorld({ ...SUITE, ...files }, { driver, registries, proxy })
  const setup = await world.setup()
  expect(setup.outcome, setup.reason).toBe('passed')
  expect(setup.refused).toEqual([])
  expect(setup.phases.map((phase) => phase.shown)).toContain(shown)
  const { report } = await world.verify()
  const tests = report.phases.flatMap((phase) => phase.tests)
  expect(Object.fromEntries(tests.map(({ id, outcome }) => [id, outcome])), JSON.stringify(report, null, 1)).toEqual({
    'tests/test_settings.py::SettingsTest::test_reads': 'passed',
    'tests/test_settings.py::SettingsTest::test_reads_wrongly': 'failed',
  })
}

describe.skipIf(!available || !reached)(
  'Python set-ups in the real sandbox (skipped where there is none, or no package index answers)',
  () => {
    for (const [name, files, shown] of SETUPS)
      it(`${name} is what setup installs`, { timeout: 300_000 }, () => isVerified(files, shown))

    it('a package whose hash is not the locked one is not installed, and setup says why', {
      timeout: 300_000,
    }, async () => {
      const lock = POETRY_LOCK.replace(WHEEL, COLORAMA).replace(ARCHIVE, COLORAMA)
      const files = { 'pyproject.toml': poetryProject(`${INDEX}/`), 'poetry.lock': lock }
      const world = await verifierWorld({ ...SUITE, ...files }, { driver, registries, proxy })
      const setup = await world.setup()
      expect(setup).toMatchObject({ outcome: 'failed', layer: null })
      expect(setup.reason).toMatch(/locked_requirements .*HASH|hash/i)
    })
  },
)

const bin = join(home, 'tools', 'bin')

/** Installs a tool beside the tests, or says why it cannot be had. */
function installed(tool: string): string | undefined {
  try {
    execFileSync('python3', ['-m', 'venv', join(home, 'tools')], { stdio: 'ignore' })
    execFileSync(join(bin, 'python'), ['-m', 'pip', 'install', '-q', tool], { stdio: 'ignore', timeout: 280_000 })
    return undefined
  } catch (error) {
    return `${tool} cannot be installed: ${String(error).slice(0, 200)}`
  }
}

/** The files of a project after a tool worked in it. */
function workedOn(name: string, files: Texts, words: readonly string[]): (path: string) => string {
  const folder = join(home, name)
  mkdirSync(join(folder, 'tests'), { recursive: true })
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
  const [program = '', ...rest] = words
  execFileSync(join(bin, program), rest, {
    cwd: folder,
    stdio: 'ignore',
    env: { ...env, POETRY_VIRTUALENVS_CREATE: '0' },
  })
  return (path) => readFileSync(join(folder, path), 'utf8')
}

describe.skipIf(!available || !reached || !LONG)(
  'Python set-ups by the tools themselves (run with GANDER_LONG_TESTS=1; skipped where a tool cannot be installed)',
  () => {
    const isInstalled = (tool: string, skip: (why: string) => void): void => {
      const why = installed(tool)
      if (why !== undefined) skip(why)
    }

    it('what uv locks now is installed', { timeout: 600_000 }, async ({ skip }) => {
      isInstalled('uv', skip)
      const read = workedOn('uv', { 'pyproject.toml': UV_PROJECT }, [
        'uv',
        'lock',
        '-q',
        '--default-index',
        index ?? '',
      ])
      const files = { 'pyproject.toml': UV_PROJECT, 'uv.lock': read('uv.lock') }
      await isVerified(files, 'pip install --require-hashes (2 of uv.lock)')
    })

    it('what Poetry locks now is installed', { timeout: 600_000 }, async ({ skip }) => {
      isInstalled('poetry', skip)
      const project = poetryProject(index ?? '')
      const read = workedOn('poetry', { 'pyproject.toml': project }, ['poetry', 'lock', '-n', '-q'])
      const files = { 'pyproject.toml': project, 'poetry.lock': read('poetry.lock') }
      await isVerified(files, 'pip install --require-hashes (2 of poetry.lock)')
    })

    it('tox itself passes where the setup of its dependencies makes the tests pass', { timeout: 600_000 }, async ({
      skip,
    }) => {
      isInstalled('tox', skip)
      const green = { ...SUITE, 'tests/test_settings.py': SUITE['tests/test_settings.py'].replace("'2'", "'1'") }
      workedOn('tox', { ...green, 'tox.ini': TOX }, ['tox', 'run', '-q', '-e', 'py'])
      const world = await verifierWorld({ ...green, 'tox.ini': TOX }, { driver, registries, proxy })
      const setup = await world.setup()
      expect(setup.outcome, setup.reason).toBe('passed')
      expect((await world.verify()).report).toMatchObject({ outcome: 'passed' })
    })
  },
)
