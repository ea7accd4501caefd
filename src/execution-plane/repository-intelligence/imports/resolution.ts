import type { MappedFile } from '../ground/ground.ts'

/** What an imported name came to. */
export type Resolution =
  | { readonly to: 'internal'; readonly paths: readonly string[] }
  /** A package of others, in the spelling of its manifest where that is known. */
  | { readonly to: 'external'; readonly name: string }
  | { readonly to: 'standard' }
  | { readonly to: 'nowhere'; readonly names: string }

/** Tells what the import statements of one file name. A package or namespace statement is among them where there is one. */
export type Resolver = (file: MappedFile, statements: readonly string[]) => readonly Resolution[]

export const STANDARD: Resolution = { to: 'standard' }
export const external = (name: string): Resolution => ({ to: 'external', name })
export const nowhere = (names: string): Resolution => ({ to: 'nowhere', names: names.slice(0, 200) })

/** The files of the repository that a name stands for, or else what it is. */
export const internalOr = (paths: readonly string[], otherwise: () => Resolution): Resolution =>
  paths.length > 0 ? { to: 'internal', paths } : otherwise()
