import type { Ground, MappedFile } from '../ground/ground.ts'
import { folderOf, nameOf, under } from '../ground/path-parts.ts'
import { fieldsOf, stringOf } from '../ground/read-json.ts'
import { external, internalOr, nowhere, STANDARD, type Resolution, type Resolver } from './resolution.ts'

/** A crate by its Cargo.toml. */
export interface RustCrate {
  readonly folder: string
  /** As `use` writes it, with underscores. */
  readonly name: string
  readonly manifest: Readonly<Record<string, unknown>>
  readonly root: string
}

const STANDARD_CRATES = new Set(['std', 'core', 'alloc', 'proc_macro', 'test'])
const MOST_PATHS = 300

/** Crates by their manifests; a manifest of a workspace alone is none. */
export function rustCrates(
  ground: Ground,
  manifests: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): readonly RustCrate[] {
  return [...manifests].flatMap(([path, manifest]) => {
    const name = stringOf(fieldsOf(manifest['package'])['name'])
    if (name === undefined) return []
    const folder = folderOf(path)
    const told = fieldsOf(manifest['lib'])
    const roots = [stringOf(told['path']) ?? 'src/lib.rs', 'src/main.rs'].map((each) => under(folder, each))
    const root = roots.find((each) => ground.has(each)) ?? under(folder, 'src/lib.rs')
    return [{ folder, name: (stringOf(told['name']) ?? name).replaceAll('-', '_'), manifest, root }]
  })
}

/** Follows `use` and `mod` by the tree of modules: a module is a file, or a folder with `mod.rs`. */
export function rustResolver(ground: Ground, crates: readonly RustCrate[]): Resolver {
  const tree = new ModuleTree(ground, crates)
  return (file, statements) => [
    ...tree.declared(file),
    ...statements.flatMap((statement) => {
      const used = /\buse\s+([^]+?);?\s*$/.exec(statement)?.[1]
      return used === undefined ? [] : merged(expanded(used).map((path) => tree.resolve(file, path)))
    }),
  ]
}

/** `a::{b, c::{d, self}}` as `a::b`, `a::c::d`, `a::c`. */
function expanded(text: string): readonly string[] {
  const found: string[] = []
  const walk = (at: number, before: string): number => {
    let part = ''
    for (let index = at; index < text.length; index++) {
      const letter = text[index] ?? ''
      if (letter === '{') index = walk(index + 1, before + part.replace(/\s+$/, ''))
      else if (letter === ',' || letter === '}') {
        if (part.trim() !== '' && text[index - 1] !== '}') found.push(before + part)
        if (letter === '}') return index
        part = ''
      } else part += letter
    }
    if (part.trim() !== '' && !text.trimEnd().endsWith('}')) found.push(before + part)
    return text.length
  }
  walk(0, '')
  return found.slice(0, MOST_PATHS).map((path) =>
    path
      .replace(/\sas\s[^]*$/, '')
      .replaceAll(/\s/g, '')
      .replace(/^::/, ''),
  )
}

/** One statement may name many things of one file; it counts once for each place. */
function merged(all: readonly Resolution[]): readonly Resolution[] {
  const seen = new Set<string>()
  return all.filter((each) => {
    const key = JSON.stringify(each)
    return !seen.has(key) && seen.add(key) !== undefined
  })
}

class ModuleTree {
  readonly #ground: Ground
  readonly #crates: readonly RustCrate[]

  constructor(ground: Ground, crates: readonly RustCrate[]) {
    this.#ground = ground
    this.#crates = crates.toSorted((a, b) => b.folder.length - a.folder.length)
  }

  /** Files of `mod name;` declarations. */
  declared(file: MappedFile): readonly Resolution[] {
    return this.#ground.symbolsOf(file.path).flatMap(({ kind, name, start_line, end_line }) => {
      if (kind !== 'module' || start_line !== end_line) return []
      const path = this.#below(this.#folderFor(file.path), name)
      return path === undefined ? [] : [{ to: 'internal', paths: [path] } as const]
    })
  }

  resolve(file: MappedFile, path: string): Resolution {
    const [first = '', ...rest] = path.split('::')
    const crate = this.#crateOf(file.path)
    const root = this.#rootOf(file.path, crate)
    if (first === 'crate') return this.#walk(file, folderOf(root), rest, root)
    if (first === 'self') return this.#walk(file, this.#folderFor(file.path), rest, file.path)
    if (first === 'super') return this.#above(file, rest)
    const other = this.#crates.find(({ name, root: there }) => name === first && there !== file.path)
    if (other !== undefined) return this.#walk(file, folderOf(other.root), rest, other.root)
    if (STANDARD_CRATES.has(first)) return STANDARD
    const beside = this.#below(this.#folderFor(file.path), first)
    if (beside !== undefined) return this.#walk(file, this.#folderFor(file.path), [first, ...rest], file.path)
    if (/^[A-Z]/.test(first)) return { to: 'internal', paths: [] }
    return /^[a-z_]\w*$/.test(first) ? external(first) : nowhere(path)
  }

  /** In a module that is written inside a file, `super` is that file; its tests say so of all they use. */
  #above(file: MappedFile, rest: readonly string[]): Resolution {
    const parts = [...rest]
    const symbols = this.#ground.symbolsOf(file.path)
    const holds_modules = symbols.some(({ kind, start_line, end_line }) => kind === 'module' && start_line !== end_line)
    if (holds_modules && (rest.length < 2 || this.#isRoot(file.path))) return { to: 'internal', paths: [] }
    let folder = this.#parent(this.#folderFor(file.path))
    while (parts[0] === 'super') {
      parts.shift()
      folder = this.#parent(folder)
    }
    return this.#walk(file, folder, parts, this.#fileOf(folder))
  }

  readonly #parent = (folder: string): string => (folder === '.' ? '.' : folderOf(folder))

  /** The file whose submodules stand in a folder. */
  #fileOf(folder: string): string | undefined {
    return [`${folder}/mod.rs`, `${folder}.rs`, `${folder}/lib.rs`, `${folder}/main.rs`].find((path) =>
      this.#ground.has(path),
    )
  }

  #walk(file: MappedFile, start: string, parts: readonly string[], none: string | undefined): Resolution {
    let folder = start
    let found = none
    for (const part of parts) {
      const next = this.#below(folder, part)
      if (next === undefined) break
      found = next
      folder = under(folder, part)
    }
    return internalOr(found === undefined || found === file.path ? [] : [found], () =>
      found === file.path ? { to: 'internal', paths: [] } : nowhere(parts.join('::')),
    )
  }

  #below(folder: string, name: string): string | undefined {
    return [under(folder, `${name}.rs`), under(folder, `${name}/mod.rs`)].find((path) => this.#ground.has(path))
  }

  /** The folder in which the submodules of a file stand. */
  #folderFor(path: string): string {
    const name = nameOf(path)
    const is_root = name === 'mod.rs' || name === 'lib.rs' || name === 'main.rs' || this.#isRoot(path)
    return is_root ? folderOf(path) : path.replace(/\.rs$/, '')
  }

  #isRoot(path: string): boolean {
    return (
      this.#crates.some(({ root }) => root === path) || /(^|\/)(tests|benches|examples|src\/bin)\/[^/]+\.rs$/.test(path)
    )
  }

  #crateOf(path: string): RustCrate | undefined {
    return this.#crates.find(({ folder }) => folder === '.' || path.startsWith(`${folder}/`))
  }

  /** A test, an example or a binary is a crate of its own. */
  #rootOf(path: string, crate: RustCrate | undefined): string {
    if (/(^|\/)(tests|benches|examples|src\/bin)\/[^/]+\.rs$/.test(path)) return path
    const within = crate === undefined ? folderOf(path) : folderOf(crate.root)
    if (crate !== undefined && (path.startsWith(`${within}/`) || within === '.')) return crate.root
    return this.#fileOf(folderOf(path)) ?? path
  }
}
