import type { PackageTool } from './package-registries.ts'

/** A package as a change names it. */
export interface PackageQuestion {
  readonly tool: PackageTool
  readonly name: string
  /** The version that is pinned or the lowest one that is asked for; null: the newest. */
  readonly version: string | null
}

/** What the configured registries say of a package. A fact that a registry does not tell is null, never a guess. */
export type PackageAnswer =
  | {
      readonly answer: 'known'
      /** Host that answered. */
      readonly registry: string
      /** The version that the facts are of. */
      readonly version: string
      readonly version_exists: boolean
      /** ISO times of this version and of the first one. */
      readonly published_at: string | null
      readonly first_published_at: string | null
      readonly yanked: boolean
      /** The registry's words; null: it is not deprecated. */
      readonly deprecated: string | null
      readonly install_scripts: boolean | null
      readonly maintainers: number | null
      readonly downloads: number | null
      readonly license: string | null
    }
  | { readonly answer: 'missing'; readonly registries: readonly string[] }
  | { readonly answer: 'unavailable'; readonly reason: string }

/** One advisory that speaks of a package, with its ranges as the database has them. */
export interface Advisory {
  readonly id: string
  readonly summary: string
  readonly tool: PackageTool
  readonly name: string
  /** Versions that are named one by one. */
  readonly versions: readonly string[]
  /** Half-open ranges in order of events; a version in any of them is affected. */
  readonly ranges: readonly {
    readonly introduced: string
    /** First version that is mended; absent with `last_affected` absent: none is. */
    readonly fixed?: string
    readonly last_affected?: string
  }[]
}

/** What the configured advisory database says. */
export type AdvisoryAnswer =
  | { readonly answer: 'none_configured' }
  | { readonly answer: 'unavailable'; readonly reason: string }
  | { readonly answer: 'known'; readonly read: number; readonly advisories: readonly Advisory[] }

/** What an installation says about dependencies beyond the built-in rules; each absent member says nothing. */
export interface DependencyTerms {
  /** Days that a version must have been published; absent: 7. */
  readonly min_age_days?: number
  /** Names or `prefix*` of packages of one's own, with the host of the only registry they may come from. */
  readonly internal?: Readonly<Record<string, string>>
  /** Licences (SPDX) that a new dependency may not have. */
  readonly denied_licenses?: readonly string[]
}

/** Asks the registries that this machine is configured to use, and nothing else in the world. */
export interface PackageFacts {
  /** Never throws; bounded in time and bytes. */
  look(question: PackageQuestion, signal: AbortSignal): Promise<PackageAnswer>
  /** Advisories of these packages, whatever the version; offline. */
  advisories(packages: readonly Pick<PackageQuestion, 'tool' | 'name'>[]): Promise<AdvisoryAnswer>
  /** @throws GanderError `dependency_rules_invalid` where the installation's file cannot be read. */
  terms(): Promise<DependencyTerms>
}
