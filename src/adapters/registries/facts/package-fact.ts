import type { PackageAnswer } from '#ports'

/** Facts of one version as a registry told them. */
export type KnownPackage = Extract<PackageAnswer, { answer: 'known' }>

/** A version of which nothing is known but that its registry has the package. */
export const unknownFacts = (registry: string, version: string): KnownPackage => ({
  answer: 'known',
  registry,
  version,
  version_exists: false,
  published_at: null,
  first_published_at: null,
  yanked: false,
  deprecated: null,
  install_scripts: null,
  maintainers: null,
  downloads: null,
  license: null,
})

/** A plain object of whatever was parsed; an empty one for anything else. */
export const fieldsOf = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

/** A text that is not empty, or null. */
export const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** A list; an empty one for anything else. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The earliest of some ISO times; null where there is none. */
export const earliest = (times: readonly (string | null)[]): string | null =>
  times.flatMap((time) => (time === null ? [] : [time])).sort()[0] ?? null
