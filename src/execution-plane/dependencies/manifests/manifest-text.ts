import type { ManifestContent } from '../dependency.ts'

/** Reads one file; throws where it is not what its name says. */
export type ManifestReader = (text: string, path: string) => ManifestContent

/** Finds the 1-based line on which a text first stands; 1 where it does not. */
export function lineFinder(text: string): (needle: string) => number {
  const lines = text.split('\n')
  const known = new Map<string, number>()
  return (needle) => {
    const found = known.get(needle) ?? lines.findIndex((line) => line.includes(needle)) + 1
    known.set(needle, found)
    return Math.max(1, found)
  }
}

/** A plain object of whatever was parsed; an empty one for anything else. */
export const fieldsOf = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

/** A text; empty for anything else. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The members of a list; none for anything else. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
