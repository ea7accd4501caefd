import { ok, refuse, type Result } from '#domain/result'
import type { BuildModule, MapName, RepositoryMaps, RiskArea } from '#ports'
import { buildMapOf } from './build/build-map.ts'
import { readManifests, type Manifests } from './build/manifests.ts'
import { buildGround, type BuildGround } from './build/build-ground.ts'
import { modulesOf } from './build/modules.ts'
import { conventionMapOf } from './conventions/convention-map.ts'
import { fileMapOf } from './files/file-map.ts'
import { Ground, type MapMaterial } from './ground/ground.ts'
import { giveWay } from './ground/in-turns.ts'
import { folderOf, upwards } from './ground/path-parts.ts'
import { dependencyMapOf } from './imports/dependency-map.ts'
import { followImports, type Imports } from './imports/follow-imports.ts'
import { ownershipMapOf, readOwners, type Owners } from './people/ownership-map.ts'
import { riskDomainsOf, riskMapOf } from './risk/risk-map.ts'
import { runtimeMapOf } from './runtime/runtime-map.ts'
import { symbolMapOf } from './symbols/symbol-map.ts'
import { focusedTest, type FocusedTest } from './tests/focused-command.ts'
import { reachOf, testsBySource, type Reached } from './tests/reach.ts'
import { testMapOf } from './tests/test-map.ts'

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
}

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
  #reach: ReadonlyMap<string, readonly Reached[]> | undefined
  #tests: ReadonlyMap<string, readonly Reached[]> | undefined
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
    return new RepositorySurvey(ground, { manifests, build, modules: modulesOf(ground, build), imports, owners })
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
  reachOf(test: string): readonly Reached[] {
    return this.#reached().get(test) ?? []
  }

  /** Tests that reach a source, the surest first. */
  testsOf(source: string): readonly Reached[] {
    this.#tests ??= testsBySource(this.#reached())
    return this.#tests.get(source) ?? []
  }

  /** How the tests of one file are run alone. */
  focusedTest(path: string): FocusedTest {
    const file = this.#ground.file(path)
    if (file === undefined || file.kind !== 'test') return { framework: null, command: null }
    return focusedTest(file, this.moduleOf(path), this.#parts.build)
  }

  /** The innermost module a path stands in. */
  moduleOf(path: string): BuildModule | undefined {
    return upwards(folderOf(path)).flatMap((folder) => this.#modules.get(folder) ?? [])[0]
  }

  /** As CODEOWNERS writes them; empty where it names nobody. The path need not be there yet. */
  ownersOf(path: string): readonly string[] {
    return this.#parts.owners.of(path)
  }

  /** Sensitive domains a path belongs to, the most serious first. The path need not be there yet. */
  risksOf(path: string): readonly Pick<RiskArea, 'domain' | 'level' | 'reason'>[] {
    return riskDomainsOf(path)
  }

  #reached(): ReadonlyMap<string, readonly Reached[]> {
    this.#reach ??= reachOf(this.#ground, this.#parts.imports)
    return this.#reach
  }

  async #makeMaps(): Promise<RepositoryMaps> {
    const ground = this.#ground
    const { build, imports, manifests, modules, owners } = this.#parts
    const moduleOf = (path: string) => this.moduleOf(path)
    const [runtime, convention] = await Promise.all([runtimeMapOf(ground, manifests), conventionMapOf(ground, imports)])
    const ownership = await ownershipMapOf(ground, owners)
    const symbol = symbolMapOf(ground, imports)
    await giveWay()
    const test = testMapOf(ground, { reach: this.#reached(), build, moduleOf })
    await giveWay()
    const risk = riskMapOf(ground)
    await giveWay()
    const dependency = dependencyMapOf(ground, imports)
    await giveWay()
    return {
      schema: 'gander.maps/v1',
      repository: this.repository,
      commit: this.commit,
      file: fileMapOf(ground),
      build: buildMapOf(ground, modules, build),
      symbol,
      dependency,
      test,
      ownership,
      runtime,
      risk,
      convention,
    }
  }
}
