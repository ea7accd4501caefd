import type { RankedFile } from './code-at-commit.ts'

/** Names of the nine maps, in the order in which they are told. */
export type MapName =
  | 'file'
  | 'build'
  | 'symbol'
  | 'dependency'
  | 'test'
  | 'ownership'
  | 'runtime'
  | 'risk'
  | 'convention'

/** The beginning of a list, best or largest first, and how many entries were left out. */
export interface Bounded<Entry> {
  readonly entries: readonly Entry[]
  readonly more: number
}

/** What every map says of itself: the form it has, and the one commit it is true of. */
interface MapHead {
  /** Grows whenever the form of the map changes. */
  readonly version: 1
  readonly commit: string
}

/** What a file is, as far as work on it is concerned; the first that fits, in this order. */
export type MappedFileKind =
  | 'link'
  | 'vendored'
  | 'generated'
  | 'huge'
  | 'binary'
  | 'minified'
  | 'test'
  | 'documentation'
  | 'source'
  | 'configuration'
  | 'other'

/** What there is. */
export interface FileMap extends MapHead {
  readonly files: number
  readonly bytes: number
  /** Of files that are looked into. */
  readonly lines: number
  readonly kinds: { readonly [Kind in MappedFileKind]: number }
  /** Of what people wrote, most lines first. */
  readonly languages: readonly { readonly name: string; readonly files: number; readonly lines: number }[]
  /** Two levels deep, most files first. */
  readonly folders: Bounded<{
    readonly path: string
    readonly files: number
    readonly lines: number
    readonly language: string | null
    readonly kind: MappedFileKind
  }>
  /** Whole folders where they are vendored. */
  readonly vendored: Bounded<string>
  readonly generated: Bounded<string>
  readonly binary: Bounded<string>
  readonly huge: Bounded<string>
  readonly minified: Bounded<string>
  readonly links: Bounded<string>
}

/** How something is built, tested or checked by one command. */
export interface BuildTask {
  readonly name: string
  /** To be run at the root of the repository; names that a shell would misread are quoted. */
  readonly command: string
}

/** A folder that is built as one thing. */
export interface BuildModule {
  /** `.` for the root. */
  readonly path: string
  /** As its manifest names it, or its path. */
  readonly name: string
  readonly system: string
  readonly manifest: string
  readonly sources: readonly string[]
  readonly tests: readonly string[]
  readonly config: readonly string[]
  /** Null where nothing tells how its tests run. */
  readonly test_command: string | null
  /** Scripts and targets it declares itself. */
  readonly tasks: Bounded<BuildTask>
}

/** How it is built. */
export interface BuildMap extends MapHead {
  /** Of the root, or of most modules; null where none is known. */
  readonly main_system: string | null
  readonly systems: readonly { readonly name: string; readonly manifests: number }[]
  readonly root_manifests: readonly string[]
  readonly lockfiles: readonly string[]
  readonly modules: Bounded<BuildModule>
  /** `full` tests everything; others are there where something declares them. */
  readonly commands: { readonly [name: string]: string }
}

/** A declaration. Lines count from 1 and include both ends. */
interface MappedSymbol {
  readonly name: string
  readonly kind: string
  /** The name of what it stands in; null at the top of its file. */
  readonly container: string | null
  readonly start_line: number
  readonly end_line: number
}

/** What a declaration says of another. */
export interface SymbolRelation {
  readonly from: string
  readonly kind: 'extends' | 'implements'
  readonly to: string
  /** Where it says so. */
  readonly path: string
  readonly line: number
  /** Where the other is declared; null where that is elsewhere or not sure. */
  readonly to_path: string | null
}

/** What is declared where. */
export interface SymbolMap extends MapHead {
  readonly symbols: number
  readonly kinds: { readonly [kind: string]: number }
  /** Declarations of the most imported files, by how many of the files that import those name them. */
  readonly top: Bounded<{
    readonly name: string
    readonly kind: string
    readonly path: string
    readonly named_in: number
  }>
  /** Of types that say so where they are declared, in the order of paths. */
  readonly relations: Bounded<SymbolRelation>
  /** In the order of paths. */
  readonly files: Bounded<{ readonly path: string; readonly symbols: Bounded<MappedSymbol> }>
}

/** A package of others that a manifest asks for. */
export interface ExternalPackage {
  readonly name: string
  readonly ecosystem: string
  /** As written; empty where the manifest names no version. */
  readonly range: string
  readonly kind: 'runtime' | 'development' | 'optional' | 'peer' | 'build'
  readonly manifest: string
  /** Files that import it. */
  readonly imported_by: number
}

/** What needs what. */
export interface DependencyMap extends MapHead {
  /** What import statements came to. */
  readonly imports: {
    readonly internal: number
    readonly external: number
    readonly standard: number
    readonly unresolved: number
  }
  readonly edges: number
  /** In the order of paths; files that import nothing of the repository are left out. */
  readonly files: Bounded<{ readonly path: string; readonly imports: Bounded<string> }>
  /** Between folders, most imports first. */
  readonly folders: Bounded<{ readonly from: string; readonly to: string; readonly imports: number }>
  readonly most_imported: Bounded<{ readonly path: string; readonly imported_by: number }>
  readonly packages: Bounded<ExternalPackage>
  /** Imports that name neither a file, nor a known package, nor the standard library. */
  readonly unresolved: Bounded<{ readonly path: string; readonly names: string }>
}

/**
 * Why a test is said to reach a source: the source holds the test itself, by its name, an import, imports of imports, or
 * because both are one package.
 */
export type ReachedBy = 'itself' | 'name' | 'import' | 'transitive' | 'package'

/** Which tests reach which code. */
export interface TestMap extends MapHead {
  /** Files that hold tests; sources that keep their own are among them. */
  readonly tests: number
  /** Files of tests that hold none: fixtures, helpers, settings. */
  readonly support: number
  /** Sources that do something; examples, benchmarks and declarations alone are not counted. */
  readonly sources: number
  readonly reached_sources: number
  readonly files: Bounded<{
    readonly path: string
    readonly framework: string | null
    /** Runs this file's tests alone; null where nothing tells how. */
    readonly command: string | null
    readonly reaches: Bounded<{ readonly path: string; readonly by: ReachedBy }>
  }>
  /** The same by source, in the order of paths; the surest tests first. */
  readonly reached: Bounded<{
    readonly path: string
    readonly tests: Bounded<{ readonly path: string; readonly by: ReachedBy }>
  }>
  /** Sources no test reaches, most lines first. */
  readonly unreached: Bounded<string>
}

/** Who answers for what. People of the history are numbers made from their addresses, never names. */
export interface OwnershipMap extends MapHead {
  /** Null where the commit holds none. */
  readonly codeowners: string | null
  /** False for a file that names nobody, because it is of 3 MB or more, which GitHub does not read, or no text. */
  readonly codeowners_read: boolean
  readonly owned_files: number
  readonly unowned_files: number
  /** By owner as CODEOWNERS writes it, most files first. */
  readonly owners: Bounded<{ readonly name: string; readonly files: number }>
  readonly rules: Bounded<{
    readonly pattern: string
    readonly section: string | null
    readonly owners: readonly string[]
    readonly optional: boolean
    readonly line: number
  }>
  /** Lines that are no rule, by number. */
  readonly unreadable_lines: readonly number[]
  readonly history: {
    /** Commits that were looked at, merges left out. */
    readonly commits: number
    /** Of these, commits of programs: they count nowhere else. */
    readonly of_bots: number
    /** True where the clone lacks the beginning: then little of this is known. */
    readonly shallow: boolean
    /** Two levels deep, most changes first. */
    readonly folders: Bounded<{
      readonly path: string
      readonly changes: number
      readonly authors: Bounded<MappedAuthor>
    }>
    readonly most_changed: Bounded<{
      readonly path: string
      readonly changes: number
      readonly authors: Bounded<MappedAuthor>
    }>
  }
}

/** Somebody who changed something. Those who are still there come first, whoever knows more before the others. */
interface MappedAuthor {
  readonly id: string
  readonly changes: number
  /** Of what all of them know of it, 0 to 1: a change counts half after 180 days. */
  readonly share: number
  /** False for who changed nothing at all in the last year before the newest commit. */
  readonly active: boolean
}

/** How it runs. */
export interface RuntimeMap extends MapHead {
  readonly entry_points: Bounded<{ readonly path: string; readonly kind: string; readonly name: string }>
  readonly deployment_units: Bounded<{ readonly path: string; readonly kind: string; readonly name: string }>
  /** What a forge runs on its own: one entry for each job where the form is known. */
  readonly pipelines: Bounded<{ readonly path: string; readonly kind: string; readonly name: string }>
  readonly configuration: Bounded<string>
  /** Names alone; values are never read. */
  readonly environment: Bounded<{ readonly name: string; readonly files: Bounded<string> }>
}

/** A part of the repository where a change can do more harm than its size tells. */
export interface RiskArea {
  /** snake_case, such as `authentication`. */
  readonly domain: string
  readonly level: 'high' | 'medium'
  readonly reason: string
  readonly files: Bounded<string>
}

/** Where care is due. */
export interface RiskMap extends MapHead {
  readonly areas: readonly RiskArea[]
  /** Domains that were looked for and are not there. */
  readonly absent: readonly string[]
}

/** How people of this repository write. */
export interface ConventionMap extends MapHead {
  readonly tools: readonly { readonly name: string; readonly kind: string; readonly config: string }[]
  /** By language, measured on a sample. */
  readonly indentation: readonly {
    readonly language: string
    readonly style: 'tabs' | 'spaces'
    /** Null for tabs. */
    readonly width: number | null
    /** Of the files of the sample, 0 to 1. */
    readonly share: number
    readonly files: number
    /** Nine lines of ten are not longer. */
    readonly line_length: number
  }[]
  readonly naming: readonly {
    readonly language: string
    readonly kind: string
    readonly style: string
    readonly share: number
    readonly symbols: number
  }[]
  /** Folders that import others and are not imported by them, most imports first. */
  readonly layers: Bounded<{ readonly from: string; readonly to: string; readonly imports: number }>
  /** Null without a history. */
  readonly commits: {
    readonly counted: number
    /** Share that begins with a type as Conventional Commits has it. */
    readonly conventional: number
    readonly types: readonly string[]
    /** Share that begins with a part of the code and a colon, Conventional Commits left out. */
    readonly scoped: number
    /** Share whose subject, after such a beginning, starts with a capital. */
    readonly capitalised: number
    /** Share whose subject names an issue or a pull request. */
    readonly with_reference: number
    readonly median_subject_length: number
    readonly with_body: number
  } | null
}

/** The nine maps of one commit. */
export interface RepositoryMaps {
  readonly schema: 'gander.maps/v1'
  readonly repository: string
  readonly commit: string
  readonly file: FileMap
  readonly build: BuildMap
  readonly symbol: SymbolMap
  readonly dependency: DependencyMap
  readonly test: TestMap
  readonly ownership: OwnershipMap
  readonly runtime: RuntimeMap
  readonly risk: RiskMap
  readonly convention: ConventionMap
}

/** What a task needs to know of its repository, in one page. */
export interface RepositoryContextPacket {
  readonly repository: string
  readonly commit: string
  /** Languages, frameworks and build systems, lower case. */
  readonly language_stack: readonly string[]
  readonly modules: readonly string[]
  readonly likely_files: { readonly production: readonly string[]; readonly tests: readonly string[] }
  /** `unit` runs the tests of the likely files, `full` all there are; absent where nothing tells how. */
  readonly build_commands: { readonly [name: string]: string }
  readonly owners: readonly string[]
  readonly risk_notes: readonly string[]
}

/** Asks for the maps of a commit. */
interface MapRequest {
  readonly repository: string
  /** Commit, branch or tag; null is HEAD. */
  readonly at: string | null
}

/** @throws GanderError what opening the repository throws */
export type MapCommit = (request: MapRequest) => Promise<RepositoryMaps>

/** Files in view of a task, best first. */
export type RankedFiles = readonly Pick<RankedFile, 'path'>[]
