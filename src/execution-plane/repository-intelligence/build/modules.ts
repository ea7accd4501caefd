import type { BuildModule } from '#ports'
import { cargoPlace } from './cargo.ts'
import { gradlePlace } from './gradle.ts'
import { BUILD_SYSTEMS, type BuildSystem } from '../build-systems.ts'
import { isTest } from '#execution-plane/code-index'
import { bounded } from '../ground/bounded.ts'
import { inTurns } from '../ground/in-turns.ts'
import type { Ground } from '../ground/ground.ts'
import { folderOf, nameOf, shellWord, under } from '../ground/path-parts.ts'
import { fieldsOf, stringOf } from '../ground/read-json.ts'
import type { BuildGround } from './build-ground.ts'
import type { Manifests } from './manifests.ts'
import { Folders } from './module-folders.ts'
import { tasksOf } from './tasks.ts'

const MOST_TASKS = 40
/** A list of requirements is a manifest, but nothing that is built. */
const NO_MODULE = /(^|\/)(requirements[^/]*\.txt|[^/]+\.sln)$/

const ORDER = BUILD_SYSTEMS.map(({ name }) => name)

/** The build system that a path is a manifest of. */
export function systemOf(path: string): BuildSystem | undefined {
  const name = nameOf(path)
  return MANIFEST_NAME.test(name) ? BUILD_SYSTEMS.find(({ manifest }) => manifest.test(path))?.name : undefined
}

/** Most paths are none, and this tells so at once. */
const MANIFEST_NAME =
  /^(pom\.xml|build\.gradle(\.kts)?|package\.json|pyproject\.toml|setup\.(py|cfg)|requirements[^/]*\.txt|go\.mod|Cargo\.toml|Gemfile|composer\.json|CMakeLists\.txt|Makefile|.*\.(csproj|fsproj|sln))$/

/** Folders with a manifest of their own, the root first, then the shallowest. */
export async function modulesOf(ground: Ground, build: BuildGround): Promise<readonly BuildModule[]> {
  const chosen = new Map<string, { readonly manifest: string; readonly system: BuildSystem }>()
  const folders = new Folders()
  await inTurns(ground.files, ({ path, kind }) => {
    if (kind === 'vendored' || kind === 'generated') return
    folders.learn(path)
    const system = systemOf(path)
    if (system === undefined || NO_MODULE.test(path) || isFixture(path)) return
    const folder = folderOf(path)
    const known = chosen.get(folder)
    if (known === undefined || ORDER.indexOf(system) < ORDER.indexOf(known.system))
      chosen.set(folder, { manifest: path, system })
  })
  const sorted = [...chosen]
    .filter(([folder, { system }]) => folder === '.' || system !== 'make')
    .map(([path, told]) => ({ path, ...told, depth: path === '.' ? 0 : path.split('/').length }))
    .sort((a, b) => a.depth - b.depth || (a.path < b.path ? -1 : 1))
  const modules: BuildModule[] = []
  await inTurns(sorted, ({ path, manifest, system }) => {
    modules.push({
      path,
      name: moduleName(path, manifest, build.manifests),
      system: system === 'npm' ? build.node : system,
      manifest,
      ...folders.of(path),
      test_command: testCommand(path, system, build),
      tasks: bounded(tasksOf(path, build), MOST_TASKS),
    })
  })
  return modules
}

/** What a test keeps to be tried on is no part of the build. */
const isFixture = (path: string): boolean =>
  /(^|\/)(__fixtures__|fixtures?|testdata|test-data)\//i.test(path) && isTest(path)

function moduleName(path: string, manifest: string, { node, cargo, composer, pyproject, texts }: Manifests): string {
  const text = texts.get(manifest) ?? ''
  const named = [
    stringOf(node.get(manifest)?.['name']),
    stringOf(fieldsOf(cargo.get(manifest)?.['package'])['name']),
    stringOf(composer.get(manifest)?.['name']),
    stringOf(fieldsOf(pyproject.get(manifest)?.['project'])['name']),
    stringOf(fieldsOf(fieldsOf(pyproject.get(manifest)?.['tool'])['poetry'])['name']),
    nameOf(manifest) === 'go.mod' ? /^[ \t]*module[ \t]+"?([^\s"]+)/m.exec(text)?.[1] : undefined,
    nameOf(manifest) === 'pom.xml'
      ? /<artifactId>\s*([^<\s]+)\s*</.exec(text.replace(/<parent>[^]*?(?:<\/parent>|$)/, ''))?.[1]
      : undefined,
  ]
  return named.find((name) => name !== undefined && name !== '') ?? path
}

/** The command that runs a module's tests from the root of the repository; null where nothing tells one. */
function testCommand(path: string, system: BuildSystem, build: BuildGround): string | null {
  const at_root = path === '.'
  const { has, manifests } = build
  switch (system) {
    case 'npm':
    case 'pnpm':
    case 'yarn':
      return nodeTest(path, build)
    case 'maven': {
      const maven = has('mvnw') ? './mvnw' : 'mvn'
      return at_root ? `${maven} test` : `${maven} -pl ${shellWord(path)} -am test`
    }
    case 'gradle': {
      const { start, task } = gradlePlace(path, 'test', build)
      return `${start} ${task}`
    }
    case 'python':
      return pythonTest(path, build)
    case 'go':
      return at_root ? 'go test ./...' : `go -C ${shellWord(path)} test ./...`
    case 'cargo': {
      const is_workspace = manifests.cargo.get(under(path, 'Cargo.toml'))?.['workspace'] !== undefined
      return `cargo test${cargoPlace(path, build)}${is_workspace ? ' --workspace' : ''}`
    }
    case 'bundler':
      return at_root
        ? has('.rspec') || has('spec/spec_helper.rb')
          ? 'bundle exec rspec'
          : has('Rakefile')
            ? 'bundle exec rake test'
            : null
        : null
    case 'composer':
      return at_root ? composerTest(build) : null
    case 'dotnet':
      return at_root ? 'dotnet test' : `dotnet test ${shellWord(path)}`
    case 'cmake':
      return at_root ? 'ctest --test-dir build' : null
    case 'make':
      return /^(test|check)\s*:/m.test(manifests.texts.get('Makefile') ?? '')
        ? `make ${/^test\s*:/m.test(manifests.texts.get('Makefile') ?? '') ? 'test' : 'check'}`
        : null
    default:
      return system satisfies never
  }
}

function nodeTest(path: string, { manifests, node }: BuildGround): string | null {
  const manifest = manifests.node.get(under(path, 'package.json')) ?? {}
  const script = stringOf(fieldsOf(manifest['scripts'])['test'])
  if (script === undefined || script.includes('no test specified')) return null
  if (path === '.') return node === 'bun' ? 'bun run test' : `${node} test`
  const name = stringOf(manifest['name'])
  const folder = shellWord(path)
  if (node === 'pnpm') return `pnpm --filter ${shellWord(name ?? `./${path}`)} test`
  if (node === 'yarn')
    return name === undefined ? `yarn --cwd ${folder} test` : `yarn workspace ${shellWord(name)} test`
  return node === 'bun' ? `bun run --cwd ${folder} test` : `npm test --prefix ${folder}`
}

function pythonTest(path: string, { pytest, has }: BuildGround): string | null {
  if (pytest) return path === '.' ? 'pytest' : `pytest ${shellWord(path)}`
  return path === '.' && (has('tests/__init__.py') || has('test/__init__.py')) ? 'python -m unittest' : null
}

function composerTest({ has, manifests }: BuildGround): string | null {
  if (fieldsOf(manifests.composer.get('composer.json')?.['scripts'])['test'] !== undefined) return 'composer test'
  return has('phpunit.xml') || has('phpunit.xml.dist') ? 'vendor/bin/phpunit' : null
}
