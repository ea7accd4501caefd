import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Code that other people wrote and that holds no secret, on this machine. */
export interface CleanCode {
  readonly name: string
  /** Absolute folder; undefined where this machine lacks it. */
  readonly folder: string | undefined
  readonly endings: RegExp
}

/** Made-up credentials stand in tests and examples; these folders are no clean code. */
const NOT_CLEAN =
  /^(?:tests?|__tests__|testing|testdata|spec|fixtures?|examples?|docs?|\.git|site-packages|__pycache__)$/i
const NOT_CLEAN_FILE = /[._-](?:test|spec)\.\w+$|^test_|\.min\.js$|\.map$/
const LARGEST = 2_000_000

/** What is looked through: the packages this repository uses, the library of Python, Go's own where it is installed. */
export const CLEAN_CODE: readonly CleanCode[] = [
  {
    name: 'node_modules',
    folder: resolve(import.meta.dirname, '../../node_modules'),
    endings: /\.(?:js|cjs|mjs|ts|cts|mts|json|yml)$/,
  },
  {
    name: "Python's library",
    folder: said('python3', ['-c', 'import os; print(os.path.dirname(os.__file__))']),
    endings: /\.py$/,
  },
  { name: "Go's library", folder: sourceOf(said('go', ['env', 'GOROOT']) ?? '/usr/local/go'), endings: /\.go$/ },
]

function said(program: string, words: readonly string[]): string | undefined {
  try {
    return execFileSync(program, [...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

function sourceOf(root: string): string | undefined {
  const folder = join(root, 'src')
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? folder : undefined
}

/** Files of clean code, in an order that is the same everywhere and mixes the folders; no link is followed. */
export function cleanFiles({ folder, endings }: CleanCode): readonly string[] {
  const found: string[] = []
  const folders = folder === undefined ? [] : [folder]
  for (let at = folders.pop(); at !== undefined; at = folders.pop())
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) {
        if (!NOT_CLEAN.test(entry.name)) folders.push(path)
      } else if (entry.isFile() && endings.test(entry.name) && !NOT_CLEAN_FILE.test(entry.name)) found.push(path)
    }
  const mixed = (path: string): number =>
    Array.from(path).reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) | 0, 7)
  return found
    .map((path) => ({ path, place: mixed(path.slice(folder?.length)) }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ path }) => path)
}

/** The text of a file that is not too large, and its lines. */
export function readCode(path: string): { readonly text: string; readonly lines: number } {
  if (statSync(path).size > LARGEST) return { text: '', lines: 0 }
  const text = readFileSync(path, 'utf8')
  return { text, lines: text.split('\n').length }
}
