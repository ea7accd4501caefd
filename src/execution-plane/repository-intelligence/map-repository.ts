import { isForeign, isTest } from '#execution-plane/code-index'
import { BUILD_SYSTEMS, type BuildSystem } from './build-systems.ts'
import { foldersIn, moduleFolders } from './build/module-folders.ts'
import { systemOf } from './build/modules.ts'
import { languageName } from './files/languages.ts'
import { folderOf } from './ground/path-parts.ts'
import { fieldsOf, readJson } from './ground/read-json.ts'
import { readText, type RepositoryFiles } from './repository-files.ts'

/** A folder with a manifest of its own. */
interface RepositoryModule {
  readonly path: string
  readonly sources: readonly string[]
  readonly tests: readonly string[]
  readonly config: readonly string[]
}

/** What a repository is made of, by names alone: navigation for an agent, never proof. */
export interface RepositoryMap {
  /** The build system of the root, or of most modules; null when none is known. */
  readonly build_system: BuildSystem | null
  readonly root_manifests: readonly string[]
  readonly modules: readonly RepositoryModule[]
  readonly likely_entry_points: readonly string[]
  readonly test_commands: readonly string[]
  readonly risk_hints: readonly string[]
  /** Languages by number of files, most first. */
  readonly languages: readonly { readonly name: string; readonly files: number }[]
  readonly files: number
}

const MODULES = 40
const ENTRY_POINTS = 10

/** Maps one commit. Reads at most the manifests of the root; everything else is told by paths. */
export async function mapRepository(files: RepositoryFiles): Promise<RepositoryMap> {
  const paths = files.list.map((entry) => entry.path)
  const own = paths.filter((path) => !isForeign(path))
  const manifests = own.filter((path) => systemOf(path) !== undefined)
  const root = manifests.filter((path) => !path.includes('/'))
  const build_system = mainSystem(root.length > 0 ? root : manifests)
  const all = new Set(paths)
  const known = new Set(own)
  const manifest = known.has('package.json') ? readJson(await readText(files, 'package.json')) : {}
  return {
    build_system: build_system === 'npm' ? nodeFlavour(all) : build_system,
    root_manifests: root,
    modules: modulesOf(manifests, own),
    likely_entry_points: entryPoints(own, manifest),
    test_commands: await testCommands(files, all, manifest),
    risk_hints: riskHints(paths),
    languages: languagesOf(own),
    files: paths.length,
  }
}

function mainSystem(manifests: readonly string[]): BuildSystem | null {
  const counts = new Map<BuildSystem, number>()
  for (const path of manifests) {
    const system = systemOf(path)
    if (system !== undefined) counts.set(system, (counts.get(system) ?? 0) + 1)
  }
  const order = BUILD_SYSTEMS.map(({ name }) => name)
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || order.indexOf(a[0]) - order.indexOf(b[0]))
  return sorted[0]?.[0] ?? null
}

/** Told by the lockfile, which counts although nobody wrote it. */
const nodeFlavour = (known: ReadonlySet<string>): BuildSystem =>
  known.has('pnpm-lock.yaml') ? 'pnpm' : known.has('yarn.lock') ? 'yarn' : 'npm'

function modulesOf(manifests: readonly string[], own: readonly string[]): readonly RepositoryModule[] {
  const folders = [...new Set(manifests.map(folderOf))].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
  const all = foldersIn(own)
  return folders.slice(0, MODULES).map((path) => ({ path, ...moduleFolders(path, all) }))
}

const depth = (path: string): number => (path === '.' ? 0 : path.split('/').length)

const ENTRY =
  /(^|\/)((src\/)?(index|main|app|server|cli)\.([cm]?[jt]sx?|py|rs|go|rb|php)|__main__\.py|manage\.py|wsgi\.py|cmd\/[^/]+\/main\.go|(Main|App|Application|[A-Z]\w*Application)\.(java|kt))$/

function entryPoints(own: readonly string[], manifest: Readonly<Record<string, unknown>>): readonly string[] {
  const named = [manifest['main'], ...Object.values(fieldsOf(manifest['bin'])), manifest['bin']]
  const declared = named.flatMap((value) => (typeof value === 'string' ? [value.replace(/^\.\//, '')] : []))
  const found = own.filter((path) => ENTRY.test(path) && !isTest(path)).sort((a, b) => depth(a) - depth(b))
  const known = new Set(own)
  return [...new Set([...declared.filter((path) => known.has(path)), ...found])].slice(0, ENTRY_POINTS)
}

async function testCommands(
  files: RepositoryFiles,
  known: ReadonlySet<string>,
  manifest: Readonly<Record<string, unknown>>,
): Promise<readonly string[]> {
  const commands: string[] = []
  const script = fieldsOf(manifest['scripts'])['test']
  if (typeof script === 'string' && !script.includes('no test specified')) commands.push(`${nodeFlavour(known)} test`)
  for (const { marker, command } of BUILD_SYSTEMS)
    if (command !== null && [...known].some((path) => marker.test(path))) commands.push(command)
  if ([...known].some((path) => path.endsWith('.py') && isTest(path))) commands.push(await pythonCommand(files, known))
  return [...new Set(commands)]
}

async function pythonCommand(files: RepositoryFiles, known: ReadonlySet<string>): Promise<string> {
  if (known.has('pytest.ini') || [...known].some((path) => path.endsWith('conftest.py'))) return 'pytest'
  const texts = ['pyproject.toml', 'setup.cfg', 'tox.ini', 'requirements.txt', 'requirements-dev.txt'].filter((path) =>
    known.has(path),
  )
  for (const path of texts) if ((await readText(files, path))?.includes('pytest') === true) return 'pytest'
  return 'python -m unittest'
}

const RISKS: readonly (readonly [string, RegExp])[] = [
  ['.github/workflows', /^\.github\/workflows\//],
  ['other CI configuration', /^(\.gitlab-ci\.yml|\.circleci\/|Jenkinsfile|azure-pipelines\.yml)/],
  ['CODEOWNERS', /(^|\/)CODEOWNERS$/],
  ['infrastructure code', /(\.tf$|(^|\/)(terraform|helm|k8s|kubernetes|infra)\/)/i],
  ['container images', /(^|\/)(Dockerfile|docker-compose\.ya?ml)$/],
  ['database migrations', /(^|\/)migrations?\//i],
  ['authentication code', /(^|\/)[^/]*(auth|login|oauth|session|password)[^/]*(\/|\.\w+$)/i],
  ['payment code', /(^|\/)[^/]*(payment|billing|invoice|checkout)[^/]*(\/|\.\w+$)/i],
  ['files that may hold secrets', /(^|\/)(\.env(\.[^/]*)?|[^/]*\.(pem|key|p12|pfx)|id_rsa)$/],
  ['vendored code', /(^|\/)(vendor|third_party)\//],
  ['submodules', /^\.gitmodules$/],
]

const riskHints = (paths: readonly string[]): readonly string[] =>
  RISKS.filter(([, pattern]) => paths.some((path) => pattern.test(path))).map(([what]) => `contains ${what}`)

function languagesOf(own: readonly string[]): RepositoryMap['languages'] {
  const counts = new Map<string, number>()
  for (const path of own) {
    const name = languageName(path)
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return sorted.slice(0, 8).map(([name, files]) => ({ name, files }))
}
