import { ok, refuse, type Result } from '#domain/result'
import type { IndexedSymbol } from '#execution-plane/code-index'
import type { BuildModule, MapName, RepositoryMaps, RiskArea } from '#ports'
import { buildMapOf } from './build/build-map.ts'
import { readManifests, type Manifests } from './build/manifests.ts'
import { buildGround, type BuildGround } from './build/build-ground.ts'
import { modulesOf } from './build/modules.ts'
import { conventionMapOf } from './conventions/convention-map.ts'
import { fileMapOf } from './files/file-map.ts'
import { Ground, type MapMaterial, type MappedFile } from './ground/ground.ts'
import { folderOf, upwards } from './ground/path-parts.ts'
import { dependencyMapOf } from './imports/dependency-map.ts'
import { followImports, type Imports } from './imports/follow-imports.ts'
import { History } from './people/history.ts'
import { ownershipMapOf, readOwners, type Owners } from './people/ownership-map.ts'
import { riskDomainsOf, riskMapOf } from './risk/risk-map.ts'
import { publicEntries } from './runtime/public-entries.ts'
import { runtimeMapOf } from './runtime/runtime-map.ts'
import { symbolMapOf } from './symbols/symbol-map.ts'
import { focusedTest, type TestSubject } from './tests/focused-command.ts'
import { UNKNOWN_TEST, type FocusedTest } from './tests/focused-test.ts'
import { reachOf, testsBySource, type Reached } from './tests/reach.ts'
import { holdsTests, testMapOf } from './tests/test-map.ts'

/** Why a map is not given: it is true of another commit than the one that is worked on. */
interface MapRefusal {
  readonly code: 'map_of_another_commit'
  readonly message: string
  readonly map_commit: string
  readonly asked_commit: string
}

interface SurveyParts {
  readonly manifests: Manifests
  readonly build: BuildGround
  readonly modules: readonly BuildModule[]
  readonly imports: Imports
  readonly owners: Owners
  /** Files by which others use what is published from here. */
  readonly entries: ReadonlySet<string>
}

type Reach = ReadonlyMap<string, readonly Reached[]>

/**
 * Everything the nine maps are made of, for one commit, to be asked file by file: nothing here is cut short. What is
 * dear is made when it is first asked for. It answers for its own commit and for no other.
 */
export class RepositorySurvey {
  readonly commit: string
  readonly repository: string
  readonly #ground: Ground
  readonly #parts: SurveyParts
  readonly #modules: ReadonlyMap<string, BuildModule>
  readonly #module_of = new Map<string, BuildModule | null>()
  #reach: Promise<Reach> | undefined
  #tests: Promise<Reach> | undefined
  #history: Promise<History> | undefined
  #maps: Promise<RepositoryMaps> | undefined

  private constructor(ground: Ground, parts: SurveyParts) {
    this.commit = ground.commit
    this.repository = ground.repository
    this.#ground = ground
    this.#parts = parts
    this.#modules = new Map(parts.modules.map((module) => [module.path, module]))
  }

  static async make(material: MapMaterial): Promise<RepositorySurvey> {
    const ground = await Ground.survey(material)
    const manifests = await readManifests(ground)
    const build = buildGround(ground, manifests)
    const [imports, owners] = await Promise.all([followImports(ground, manifests), readOwners(ground)])
    const modules = await modulesOf(ground, build)
    const entries = publicEntries(ground, manifests)
    return new RepositorySurvey(ground, { manifests, build, modules, imports, owners, entries })
  }

  /** The nine maps, made once. */
  maps(): Promise<RepositoryMaps> {
    this.#maps ??= this.#makeMaps()
    return this.#maps
  }

  /** One map, for those who work on `commit`; refused where the survey is of another one. */
  async mapFor<Name extends MapName>(commit: string, name: Name): Promise<Result<RepositoryMaps[Name], MapRefusal>> {
    if (commit === this.commit) return ok((await this.maps())[name])
    return refuse({
      code: 'map_of_another_commit',
      message: `The maps are of commit ${this.commit}, and ${commit} is worked on. Map that commit; only what changed is read again.`,
      map_commit: this.commit,
      asked_commit: commit,
    })
  }

  has(path: string): boolean {
    return this.#ground.has(path)
  }

  isTest(path: string): boolean {
    return this.#ground.file(path)?.kind === 'test'
  }

  isSource(path: string): boolean {
    return this.#ground.file(path)?.kind === 'source'
  }

  /** Files of the repository that a file imports. */
  importsOf(path: string): readonly string[] {
    return this.#parts.imports.of.get(path) ?? []
  }

  /** Files of the repository that import a file. */
  importersOf(path: string): readonly string[] {
    return this.#parts.imports.by.get(path) ?? []
  }

  /** Sources that a test reaches, the surest first. */
  async reachOf(test: string): Promise<readonly Reached[]> {
    return (await this.#reached()).get(test) ?? []
  }

  /** Tests that reach a source, the surest first. */
  async testsOf(source: string): Promise<readonly Reached[]> {
    return (await this.#reaching()).get(source) ?? []
  }

  /** Tests that reach a source and name one of its declarations, the surest first. */
  async testsNaming(source: string, name: string): Promise<readonly Reached[]> {
    const naming = new Set(this.#ground.pathsWith(name))
    return (await this.testsOf(source)).filter(({ path }) => naming.has(path))
  }

  /** How the tests of one file are run alone. */
  focusedTest(path: string): FocusedTest {
    const file = this.#ground.file(path)
    if (file === undefined || !holdsTests(this.#ground, file)) return UNKNOWN_TEST
    return focusedTest(this.#subject(file), this.#parts.build)
  }

  /** The innermost module a path stands in. */
  moduleOf(path: string): BuildModule | undefined {
    const folder = folderOf(path)
    const known = this.#module_of.get(folder)
    if (known !== undefined) return known === null ? undefined : known
    const made = upwards(folder).flatMap((each) => this.#modules.get(each) ?? [])[0]
    this.#module_of.set(folder, made ?? null)
    return made
  }

  /** As CODEOWNERS writes them; empty where it names nobody. The path need not be there yet. */
  ownersOf(path: string): readonly string[] {
    return this.#parts.owners.of(path)
  }

  /** Who changed a file, by digest: those who are still there first, whoever knows more of it before the others. */
  async knowersOf(path: string): Promise<ReturnType<History['knowersOf']>> {
    return (await this.#past()).knowersOf(path)
  }

  /** Sensitive domains a path belongs to, the most serious first. The path need not be there yet. */
  risksOf(path: string): readonly Pick<RiskArea, 'domain' | 'level' | 'reason'>[] {
    return riskDomainsOf(this.#ground, this.#parts.entries, path)
  }

  #reached(): Promise<Reach> {
    this.#reach ??= reachOf(this.#ground, this.#parts.imports, (path) => this.moduleOf(path)?.path)
    return this.#reach
  }

  #reaching(): Promise<Reach> {
    this.#tests ??= this.#reached().then(testsBySource)
    return this.#tests
  }

  #past(): Promise<History> {
    this.#history ??= History.of(this.#ground)
    return this.#history
  }

  #subject({ path, language }: MappedFile): TestSubject {
    const { by } = this.#parts.imports
    return {
      path,
      language,
      module: this.moduleOf(path),
      functions: () => namesAtTop(this.#ground.symbolsOf(path)),
      declaredBy: (each) => by.get(each) ?? [],
    }
  }

  async #makeMaps(): Promise<RepositoryMaps> {
    const ground = this.#ground
    const { build, entries, imports, manifests, modules, owners } = this.#parts
    const focused = (path: string) => this.focusedTest(path)
    const [reach, by_source] = await Promise.all([this.#reached(), this.#reaching()])
    return {
      schema: 'gander.maps/v1',
      repository: this.repository,
      commit: this.commit,
      file: await fileMapOf(ground),
      build: await buildMapOf(ground, modules, build),
      symbol: await symbolMapOf(ground, imports),
      dependency: await dependencyMapOf(ground, imports),
      test: await testMapOf(ground, { reach, by_source, focused }),
      ownership: await ownershipMapOf(ground, owners, await this.#past()),
      runtime: await runtimeMapOf(ground, manifests),
      risk: await riskMapOf(ground, entries),
      convention: await conventionMapOf(ground, imports),
    }
  }
}

const namesAtTop = (symbols: readonly IndexedSymbol[]): readonly string[] =>
  symbols.flatMap(({ name, kind, container }) => (kind === 'function' && container === undefined ? [name] : []))
