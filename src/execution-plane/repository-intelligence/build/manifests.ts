import { parse } from 'smol-toml'
import type { Ground } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { inTurns } from '../ground/in-turns.ts'
import { folderOf, nameOf } from '../ground/path-parts.ts'
import { fieldsOf, readJson } from '../ground/read-json.ts'

type Fields = Readonly<Record<string, unknown>>

/** The manifests of a commit by their paths, as values where their form has some, as text where it has none. */
export interface Manifests {
  readonly node: ReadonlyMap<string, Fields>
  readonly cargo: ReadonlyMap<string, Fields>
  readonly composer: ReadonlyMap<string, Fields>
  readonly pyproject: ReadonlyMap<string, Fields>
  /** Version catalogs of Gradle. */
  readonly catalogs: ReadonlyMap<string, Fields>
  /** pom.xml, build.gradle, go.mod, Gemfile, requirements.txt, Makefile and their kin. */
  readonly texts: ReadonlyMap<string, string>
  /** Configuration of what runs JavaScript tests, by folder. */
  readonly runners: ReadonlyMap<string, readonly string[]>
}

const AS_TEXT =
  /^(pom\.xml|build\.gradle(\.kts)?|settings\.gradle(\.kts)?|go\.mod|Gemfile|[^/]+\.gemspec|requirements[^/]*\.txt|setup\.(py|cfg)|tox\.ini|pytest\.ini|[^/]+\.(csproj|fsproj)|CMakeLists\.txt|[Mm]akefile|Rakefile|[Jj]ustfile|Taskfile\.ya?ml)$/
/** Manifests of one kind that are read; a repository of more modules has the rest told by their paths. */
const MOST_OF_A_KIND = 600

const RUNNERS =
  /^((vitest\.(config|workspace)|vite\.config|jest\.config|playwright\.config|cypress\.config|ava\.config)[^/]*\.([cm]?[jt]s|json)|\.mocharc\.\w+|cypress\.json)$/
const BY_NAME = ['package.json', 'Cargo.toml', 'composer.json', 'pyproject.toml', 'libs.versions.toml']

/** Reads every manifest that people of the repository wrote; one that cannot be read has no fields. */
export async function readManifests(ground: Ground): Promise<Manifests> {
  const named = new Map<string, string[]>(BY_NAME.map((name) => [name, []]))
  const plain: string[] = []
  const runners = new Map<string, string[]>()
  await inTurns(ground.files, ({ path, kind }) => {
    if (kind === 'vendored' || kind === 'generated' || kind === 'link') return
    const name = nameOf(path)
    named.get(name)?.push(path)
    if (AS_TEXT.test(name)) plain.push(path)
    if (RUNNERS.test(name)) push(runners, folderOf(path), path)
  })
  const read = async (name: string, parsed: (text: string) => Fields) => {
    const found = new Map<string, Fields>()
    const paths = shallowest(named.get(name) ?? [], MOST_OF_A_KIND)
    await ground.eachText(paths, (path, text) => void found.set(path, parsed(text)))
    return found
  }
  const several = [...runners.values()].filter((paths) => paths.length > 1).flat()
  const [node, cargo, composer, pyproject, catalogs, texts] = await Promise.all([
    read('package.json', readJson),
    read('Cargo.toml', readToml),
    read('composer.json', readJson),
    read('pyproject.toml', readToml),
    read('libs.versions.toml', readToml),
    ground.texts([...shallowest(plain, 2 * MOST_OF_A_KIND), ...several.slice(0, MOST_OF_A_KIND)]),
  ])
  return { node, cargo, composer, pyproject, catalogs, texts: new Map(texts), runners }
}

/** Where there are too many, those at the top say most. */
const shallowest = (paths: readonly string[], most: number): readonly string[] => {
  if (paths.length <= most) return paths
  const depths = paths.map((path) => ({ path, depth: path.split('/').length }))
  return depths
    .toSorted((a, b) => a.depth - b.depth)
    .slice(0, most)
    .map(({ path }) => path)
}

function readToml(text: string): Fields {
  try {
    return fieldsOf(parse(text))
  } catch {
    return {}
  }
}
