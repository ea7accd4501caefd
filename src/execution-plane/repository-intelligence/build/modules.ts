import type { BuildModule } from '#ports'
import { BUILD_SYSTEMS, type BuildSystem } from '../build-systems.ts'
import { bounded } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { folderOf, nameOf, shellWord, under } from '../ground/path-parts.ts'
import { fieldsOf, stringOf } from '../ground/read-json.ts'
import type { BuildGround } from './build-ground.ts'
import type { Manifests } from './manifests.ts'
import { foldersIn, moduleFolders } from './module-folders.ts'
import { tasksOf } from './tasks.ts'

const MOST_TASKS = 40
/** A list of requirements is a manifest, but nothing that is built. */
const NO_MODULE = /(^|\/)(requirements[^/]*\.txt|[^/]+\.sln)$/

export const systemOf = (path: string): BuildSystem | undefined =>
  BUILD_SYSTEMS.find(({ manifest }) => manifest.test(path))?.name

/** Folders with a manifest of their own, the root first, then the shallowest. */
export function modulesOf(ground: Ground, build: BuildGround): readonly BuildModule[] {
  const own = ground.files.filter(({ kind }) => kind !== 'vendored' && kind !== 'generated').map(({ path }) => path)
  const chosen = new Map<string, { readonly manifest: string; readonly system: BuildSystem }>()
  const order = BUILD_SYSTEMS.map(({ name }) => name)
  for (const manifest of own) {
    const system = systemOf(manifest)
    if (system === undefined || NO_MODULE.test(manifest)) continue
    const folder = folderOf(manifest)
    const known = chosen.get(folder)
    if (known === undefined || order.indexOf(system) < order.indexOf(known.system))
      chosen.set(folder, { manifest, system })
  }
  const folders = foldersIn(own)
  const depth = (path: string): number => (path === '.' ? 0 : path.split('/').length)
  return [...chosen]
    .filter(([folder, { system }]) => folder === '.' || system !== 'make')
    .sort((a, b) => depth(a[0]) - depth(b[0]) || (a[0] < b[0] ? -1 : 1))
    .map(([path, { manifest, system }]) => ({
      path,
      name: moduleName(path, manifest, build.manifests),
      system: system === 'npm' ? build.node : system,
      manifest,
      ...moduleFolders(path, folders),
      test_command: testCommand(path, system, build),
      tasks: bounded(tasksOf(path, build), MOST_TASKS),
    }))
}

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
      const gradle = has('gradlew') ? './gradlew' : 'gradle'
      return at_root ? `${gradle} test` : `${gradle} ${shellWord(`:${path.replaceAll('/', ':')}:test`)}`
    }
    case 'python':
      return pythonTest(path, build)
    case 'go':
      return at_root ? 'go test ./...' : `go -C ${shellWord(path)} test ./...`
    case 'cargo': {
      const name = stringOf(fieldsOf(manifests.cargo.get(under(path, 'Cargo.toml'))?.['package'])['name'])
      if (at_root)
        return manifests.cargo.get('Cargo.toml')?.['workspace'] === undefined ? 'cargo test' : 'cargo test --workspace'
      return name === undefined ? null : `cargo test -p ${shellWord(name)}`
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
