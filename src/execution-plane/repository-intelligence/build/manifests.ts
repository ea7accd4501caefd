import { parse } from 'smol-toml'
import type { Ground } from '../ground/ground.ts'
import { nameOf } from '../ground/path-parts.ts'
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
}

const AS_TEXT =
  /(^|\/)(pom\.xml|build\.gradle(\.kts)?|settings\.gradle(\.kts)?|go\.mod|Gemfile|[^/]+\.gemspec|requirements[^/]*\.txt|setup\.(py|cfg)|tox\.ini|pytest\.ini|[^/]+\.(csproj|fsproj)|CMakeLists\.txt|[Mm]akefile|Rakefile|[Jj]ustfile|Taskfile\.ya?ml)$/
/** Manifests of one kind that are read; a repository of more modules has the rest told by their paths. */
const MOST_OF_A_KIND = 600

/** Reads every manifest that people of the repository wrote; one that cannot be read has no fields. */
export async function readManifests(ground: Ground): Promise<Manifests> {
  const own = ground.files
    .filter(({ kind }) => kind !== 'vendored' && kind !== 'generated' && kind !== 'link')
    .map(({ path }) => path)
  const named = async (name: string, read: (text: string) => Fields) => {
    const paths = own.filter((path) => nameOf(path) === name).slice(0, MOST_OF_A_KIND)
    return new Map((await ground.texts(paths)).map(([path, text]) => [path, read(text)]))
  }
  const texts = own.filter((path) => AS_TEXT.test(path)).slice(0, 2 * MOST_OF_A_KIND)
  const [node, cargo, composer, pyproject, catalogs, read] = await Promise.all([
    named('package.json', readJson),
    named('Cargo.toml', readToml),
    named('composer.json', readJson),
    named('pyproject.toml', readToml),
    named('libs.versions.toml', readToml),
    ground.texts(texts),
  ])
  return { node, cargo, composer, pyproject, catalogs, texts: new Map(read) }
}

function readToml(text: string): Fields {
  try {
    return fieldsOf(parse(text))
  } catch {
    return {}
  }
}
