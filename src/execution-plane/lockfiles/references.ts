import { posix } from 'node:path'
import type { LockEntry } from './lock-entry.ts'

const GIT = /^(?:git[+:@]|ssh:|(?:github|gitlab|bitbucket|gist):)|\.git(?:[#?]|$)|^[\w-]+\/[\w.-]+#/

/** What kind of place a reference of a package manager leads to; `lockfile` is the path of the file that holds it. */
export function sourceOf(reference: string, lockfile: string): LockEntry['source'] {
  if (GIT.test(reference)) return 'git'
  if (/^https?:/i.test(reference)) return 'archive'
  return isInside(reference.replace(/^(?:file|link|portal|workspace):/, ''), lockfile) ? 'inside' : 'file'
}

/** True for a path that stays in the repository, seen from the folder of a file in it. */
export function isInside(path: string, from: string): boolean {
  const plain = path.replace(/^file:(?:\/\/)?/, '').replace(/[#?].*$/, '')
  if (plain.startsWith('/') || plain.startsWith('~') || /^[A-Za-z]:[\\/]|\\|^[a-z+]+:/.test(plain)) return false
  const full = posix.normalize(posix.join(posix.dirname(from), plain))
  return full !== '..' && !full.startsWith('../')
}

/** Tells the 1-based line of positions, which must not go back. */
export function lineCounter(text: string): (position: number) => number {
  let line = 1
  let next = text.indexOf('\n')
  return (position) => {
    for (; next !== -1 && next < position; next = text.indexOf('\n', next + 1)) line++
    return line
  }
}

/** The line on which each key of an indented JSON or YAML file first stands. */
export function keyLines(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  text.split('\n').forEach((line, at) => {
    const [, quoted, plain = ''] = /^\s*(?:["'](.*)["']|([^\s"'][^:]*(?::[^\s:][^:]*)*))\s*:(?:\s|$)/.exec(line) ?? []
    const key = quoted ?? plain.trim()
    if (key !== '' && !found.has(key)) found.set(key, at + 1)
  })
  return found
}

/** A plain object of whatever was parsed; an empty one for anything else. */
export const fieldsOf = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

/** A text field; empty for anything else. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
