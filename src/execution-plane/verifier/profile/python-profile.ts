import type { ProfilePhase, VerificationProfile } from '#domain/verification'
import type { PackageRegistries } from '#ports'
import { anyHolds, has, hasFolder, pathsLike, readText, type BaseTree } from './base-tree.ts'
import { lockedRequirements, type LockedRequirements } from './locked-requirements.ts'
import { optionalChecks } from './optional-checks.ts'
import { registryHosts } from './registry-hosts.ts'
import { sealProfile } from './seal-profile.ts'

const VENV = '/home/agent/.venv'
const TEST_FILES = /(?:^|\/)(?:test_[^/]+|[^/]+_test|tests?)\.py$/

/** Python: pytest where the repository speaks of it, unittest otherwise; packages go into a virtual environment. */
export async function pythonProfile(
  tree: BaseTree,
  registries: PackageRegistries,
): Promise<VerificationProfile | undefined> {
  const tests = pathsLike(tree, TEST_FILES)
  const markers = ['pyproject.toml', 'setup.py', 'setup.cfg', 'pytest.ini', 'tox.ini', 'conftest.py'].filter((path) =>
    has(tree, path),
  )
  if (tests.length === 0 && markers.length === 0) return undefined
  const pytest = await usesPytest(tree)
  if (!pytest && tests.length === 0) return undefined
  const locked = await lockedRequirements(tree)
  const setup = locked === undefined ? await setupPhases(tree, pytest) : await lockedSetup(tree, locked, pytest)
  const python = setup.length > 0 ? `${VENV}/bin/python` : 'python3'
  const runs = pytest ? pytestPhase(python) : unittestPhase(python, tree)
  const env = { PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0', ...sourcePath(tree) }
  return sealProfile({
    id: pytest ? 'python-pytest-standard' : 'python-unittest-standard',
    ecosystem: 'python',
    ...(setup.length > 0 ? { setup } : {}),
    registry_hosts: setup.length > 0 ? await registryHosts(registries, 'pip') : [],
    phases: [{ ...runs, env }, ...(await optionalChecks(tree, 'python', { python, env }))],
    found_by: [...markers, ...(locked === undefined ? [] : [locked.lockfile]), ...tests.slice(0, 1)].join(', '),
  })
}

async function usesPytest(tree: BaseTree): Promise<boolean> {
  if (has(tree, 'pytest.ini') || pathsLike(tree, /(?:^|\/)conftest\.py$/).length > 0) return true
  if (
    await anyHolds(
      tree,
      /^(?:pyproject\.toml|setup\.(?:cfg|py)|tox\.ini|Pipfile|[^/]*requirements[^/]*\.txt)$/,
      /\bpytest\b/,
    )
  )
    return true
  return anyHolds(tree, TEST_FILES, /^[ \t]*(?:import pytest|from pytest\b)/m)
}

/** Isolated: no folder of the repository is on the path of the process that writes the report. */
const runner = (python: string, kind: 'pytest' | 'unittest'): readonly string[] => [
  python,
  '-I',
  '-B',
  '-c',
  '{python_runner}',
  '{results}.json',
  kind,
]

function testPhase(argv: readonly string[], own: readonly string[], shown: string): ProfilePhase {
  return {
    id: 'unit_tests',
    kind: 'all_tests',
    argv: [...argv, ...own],
    shown,
    required: true,
    timeout_seconds: 600,
    results: { format: 'jest_json', path: '{results}.json' },
    focus: { argv: [...argv, '{target}'], by: 'path', extensions: ['.py'] },
  }
}

function pytestPhase(python: string): ProfilePhase {
  const argv = [...runner(python, 'pytest'), '-q', '-ra', '--color=no', '-p', 'no:cacheprovider']
  return testPhase(argv, [], 'python -m pytest')
}

function unittestPhase(python: string, tree: BaseTree): ProfilePhase {
  const folder = ['tests', 'test'].find((name) => hasFolder(tree, name) && !has(tree, `${name}/__init__.py`))
  const rest = pathsLike(tree, TEST_FILES).filter((path) => folder === undefined || !path.startsWith(`${folder}/`))
  const from = folder !== undefined && rest.length === 0 ? ['-s', folder] : []
  const pattern = pathsLike(tree, /(?:^|\/)test[^/]*\.py$/).length > 0 ? [] : ['-p', '*test*.py']
  const discovery = [...from, ...pattern]
  return testPhase(
    runner(python, 'unittest'),
    ['discover', ...discovery],
    ['python -m unittest', ...(discovery.length > 0 ? ['discover', ...discovery] : [])].join(' '),
  )
}

const sourcePath = (tree: BaseTree): Readonly<Record<string, string>> =>
  pathsLike(tree, /^src\/(?:[^/]+\.py|[^/]+\/__init__\.py)$/).length > 0 ? { PYTHONPATH: '/workspace/src' } : {}

const PIP = [`${VENV}/bin/python`, '-m', 'pip', 'install', '-q'] as const

const step = (
  id: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  shown?: string,
): ProfilePhase => ({
  id,
  argv,
  shown: shown ?? argv.join(' ').replace(PIP.join(' '), 'pip install').replace(VENV, '.venv'),
  env: {
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_PROGRESS_BAR: 'off',
    ...env,
  },
  required: true,
  timeout_seconds: 600,
})

/** A repository may speak of pytest and install it nowhere that is known here. */
const WITH_PYTEST = step(
  'pytest',
  ['sh', '-c', `${PIP[0]} -c 'import pytest' 2>/dev/null || exec ${PIP.join(' ')} pytest`],
  {},
  'pip install pytest',
)

/** The lines are arguments, so that no file of the repository says what is installed. */
const INSTALL_LOCKED = `file="$HOME/locked-requirements.txt"; printf '%s\\n' "$@" > "$file" && exec ${PIP.join(' ')} --no-deps --require-hashes -r "$file"`

/** What uv or Poetry locked, installed by pip with its hashes: neither tool is needed, and nothing else gets in. */
async function lockedSetup(
  tree: BaseTree,
  { lines, lockfile, installable }: LockedRequirements,
  pytest: boolean,
): Promise<readonly ProfilePhase[]> {
  const project = (await readText(tree, 'pyproject.toml')) ?? ''
  const own = pytest && !lines.some((line) => line.startsWith('pytest=='))
  const install = step(
    'locked_requirements',
    ['sh', '-c', INSTALL_LOCKED, 'sh', ...lines],
    {},
    `pip install --require-hashes (${lines.length} of ${lockfile})`,
  )
  return [
    step('virtual_environment', ['python3', '-m', 'venv', ...(own ? ['--system-site-packages'] : []), VENV]),
    ...(lines.length > 0 ? [install] : []),
    ...(installable
      ? [step('project', [...PIP, '--no-deps', '-e', '.'], await versionFromHistory(tree, project))]
      : []),
    ...(own ? [WITH_PYTEST] : []),
  ]
}

/** Packages of the repository; where nothing is to be installed but pytest, the machine's own copy will do. */
async function setupPhases(tree: BaseTree, pytest: boolean): Promise<readonly ProfilePhase[]> {
  const requirements = [
    'requirements.txt',
    'requirements-dev.txt',
    'requirements-test.txt',
    'requirements_dev.txt',
    'dev-requirements.txt',
    'test-requirements.txt',
    'requirements/dev.txt',
    'requirements/test.txt',
  ].filter((path) => has(tree, path))
  const project = await readText(tree, 'pyproject.toml')
  const asked = (await Promise.all(requirements.map((path) => readText(tree, path)))).join('\n')
  const declared = `${project ?? ''}\n${asked}`
  const tox = toxDependencies((await readText(tree, 'tox.ini')) ?? '')
  const installable = (project !== undefined && /^\[(?:project|build-system)\]/m.test(project)) || has(tree, 'setup.py')
  const needed = declared
    .split('\n')
    .some((line) => /^\s*[A-Za-z][\w.-]*\s*(?:[=<>~![;@]|$)/.test(line) && requirements.length > 0)
  if (!pytest && !installable && !needed && tox.length === 0) return []
  const extras = optionalGroups(project ?? '')
  // Groups of pyproject.toml that are not installed may name it too.
  const listed = extras !== '' || /\bpytest\b/.test(`${asked}\n${tox.join('\n')}`)
  const own = pytest && !/\bpytest\b/.test(`${declared}\n${tox.join('\n')}`)
  return [
    step('virtual_environment', ['python3', '-m', 'venv', ...(own ? ['--system-site-packages'] : []), VENV]),
    ...(requirements.length > 0
      ? [step('requirements', [...PIP, ...requirements.flatMap((path) => ['-r', path])])]
      : []),
    ...(installable
      ? [
          step(
            'project',
            [...PIP, '-e', extras === '' ? '.' : `.[${extras}]`],
            await versionFromHistory(tree, project ?? ''),
          ),
        ]
      : []),
    ...(tox.length > 0 ? [step('tox_dependencies', [...PIP, ...tox])] : []),
    ...(own || (pytest && !listed) ? [WITH_PYTEST] : []),
  ]
}

/** What `[testenv]` of tox installs, where it is plain: tox itself is not run, its environments need a network. */
function toxDependencies(tox: string): readonly string[] {
  const section = /^\[testenv\][ \t]*$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(tox)?.[1] ?? ''
  const list = /^deps[ \t]*=([^\n]*(?:\n[ \t]+[^\n]*)*)/m.exec(section)?.[1] ?? ''
  return list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^[A-Za-z][\w.-]*(?:\[[\w,-]+\])?[ ]*(?:[=<>~!]=?[\w.*,=<>~! ]+)?$/.test(line))
    .slice(0, 50)
}

/**
 * A version for builds that ask git for theirs: a checkout is made without history, and they would refuse to build. Said
 * for this package alone where its name is known, so that no dependency built beside it takes the version.
 */
async function versionFromHistory(tree: BaseTree, project: string): Promise<Readonly<Record<string, string>>> {
  const [setup = '', config = ''] = await Promise.all([readText(tree, 'setup.py'), readText(tree, 'setup.cfg')])
  const declared = `${project}\n${setup}\n${config}`
  if (/poetry[_-]dynamic[_-]versioning/.test(declared)) return { POETRY_DYNAMIC_VERSIONING_BYPASS: STANDING }
  if (/\bpbr\b/.test(declared)) return { PBR_VERSION: STANDING }
  if (!/setuptools[_-]scm|hatch-vcs|vcs[_-]versioning|pdm-backend|flit[_-]scm/.test(declared)) return {}
  const name = /^[ \t]*name[ \t]*=[ \t]*["']?([A-Za-z0-9][\w.-]*)["']?[ \t]*,?[ \t\r]*$/m.exec(declared)?.[1]
  const own = name === undefined ? '' : `_FOR_${name.replaceAll(/[-_.]+/g, '_').toUpperCase()}`
  const pdm = declared.includes('pdm-backend') ? { PDM_BUILD_SCM_VERSION: STANDING } : {}
  return { [`SETUPTOOLS_SCM_PRETEND_VERSION${own}`]: STANDING, ...pdm }
}

const STANDING = '0.0.0'

function optionalGroups(project: string): string {
  const table = /^\[project\.optional-dependencies\]\s*$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(project)?.[1] ?? ''
  return ['test', 'tests', 'testing', 'dev']
    .filter((name) => new RegExp(`^\\s*"?${name}"?\\s*=`, 'm').test(table))
    .join(',')
}
