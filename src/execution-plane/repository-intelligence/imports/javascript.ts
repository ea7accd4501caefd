import { isBuiltin } from 'node:module'
import type { Ground } from '../ground/ground.ts'
import { folderOf, joined, under, upwards } from '../ground/path-parts.ts'
import { fieldsOf, stringOf } from '../ground/read-json.ts'
import type { JavaScriptProjects, NodePackage, PathNames } from './javascript-projects.ts'
import { external, internalOr, nowhere, STANDARD, type Resolution, type Resolver } from './resolution.ts'

const ENDINGS = ['.ts', '.tsx', '.d.ts', '.js', '.jsx', '.mts', '.cts', '.mjs', '.cjs', '.json', '.vue', '.svelte']
const SPECIFIER = /(?:\bfrom\s*|^import\s*|\brequire\(\s*|\bimport\(\s*)(["'`])([^"'`\n]+)\1/
/** How a path that a build writes is told from the source it is made of. */
const BUILT = /^(\.\/)?(dist|build|lib|out|esm|cjs|es|types)\//

/** Follows the imports of JavaScript and TypeScript as bundlers and compilers do, without running any of them. */
export function javaScriptResolver(ground: Ground, projects: JavaScriptProjects): Resolver {
  const names = new PackageNames(ground, projects)
  return (file, statements) => {
    const folder = folderOf(file.path)
    return statements.flatMap((statement) => {
      const name = SPECIFIER.exec(statement)?.[2]
      return name === undefined ? [] : [names.resolve(folder, name.replace(/\?.*$/, ''), file.path)]
    })
  }
}

/** What the folders around a file say of its imports, the nearest first. */
interface Around {
  readonly owner: readonly NodePackage[]
  readonly settings: PathNames | undefined
}

class PackageNames {
  readonly #ground: Ground
  readonly #projects: JavaScriptProjects
  readonly #known = new Map<string, Resolution>()
  readonly #around = new Map<string, Around>()

  constructor(ground: Ground, projects: JavaScriptProjects) {
    this.#ground = ground
    this.#projects = projects
  }

  resolve(folder: string, name: string, from: string): Resolution {
    if (name.startsWith('.') || name.startsWith('/')) {
      const found = this.#file(joined(name.startsWith('/') ? '.' : folder, name))
      return internalOr(found === undefined || found === from ? [] : [found], () => nowhere(name))
    }
    const key = `${folder}\0${name}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const made = this.#byName(folder, name)
    this.#known.set(key, made)
    return made
  }

  #byName(folder: string, name: string): Resolution {
    const { owner, settings } = this.#aroundOf(folder)
    const by_settings = (): string | undefined =>
      settings === undefined ? undefined : this.#byPathNames(settings, name)
    const mapped = name.startsWith('#') ? this.#imports(owner[0], name) : by_settings()
    if (mapped !== undefined) return { to: 'internal', paths: [mapped] }
    const parts = name.split('/')
    const whole = parts.slice(0, name.startsWith('@') ? 2 : 1).join('/')
    const inside = this.#projects.by_name.get(whole)
    if (inside !== undefined && inside !== owner[0]) return this.#insidePackage(inside, name.slice(whole.length), whole)
    if (isBuiltin(name)) return STANDARD
    if (owner.some(({ wanted }) => wanted.has(whole) || wanted.has(`@types/${whole}`))) return external(whole)
    if (inside !== undefined) return this.#insidePackage(inside, name.slice(whole.length), whole)
    return /^(node|bun|deno|npm|jsr|https?|virtual|data):/.test(name) ? STANDARD : nowhere(name)
  }

  #insidePackage({ folder, manifest }: NodePackage, rest: string, whole: string): Resolution {
    const subpath = `.${rest}`
    const targets = [
      ...targetsOf(manifest['exports'], subpath),
      ...(rest === ''
        ? ['source', 'module', 'main', 'types'].flatMap((field) => stringOf(manifest[field]) ?? [])
        : [subpath, `./src${rest}`]),
      ...(rest === '' ? ['./src/index', './index'] : []),
    ]
    const found = this.#firstOf(folder, targets)
    return internalOr(found === undefined ? [] : [found], () => external(whole))
  }

  #imports(owner: NodePackage | undefined, name: string): string | undefined {
    return owner === undefined ? undefined : this.#firstOf(owner.folder, targetsOf(owner.manifest['imports'], name))
  }

  #firstOf(folder: string, targets: readonly string[]): string | undefined {
    for (const target of targets) {
      const source = target.replace(BUILT, './src/')
      for (const each of new Set([target, source, source.replace(/\.d\.[cm]?ts$/, '').replace(/\.[cm]?js$/, '')])) {
        const found = this.#file(joined(folder, each))
        if (found !== undefined) return found
      }
    }
    return undefined
  }

  #aroundOf(folder: string): Around {
    const known = this.#around.get(folder)
    if (known !== undefined) return known
    const folders = upwards(folder)
    const { packages, path_names } = this.#projects
    const made = {
      owner: folders.flatMap((each) => packages.get(each) ?? []),
      settings: folders.flatMap((each) => path_names.get(each) ?? [])[0],
    }
    this.#around.set(folder, made)
    return made
  }

  #byPathNames({ base, paths }: PathNames, name: string): string | undefined {
    for (const { before, after, to } of paths) {
      const exact = after === '\0'
      if (exact ? name !== before : !name.startsWith(before) || !name.endsWith(after)) continue
      const middle = exact ? '' : name.slice(before.length, name.length - after.length)
      for (const target of to) {
        const found = this.#file(target.replace('*', () => middle))
        if (found !== undefined) return found
      }
    }
    return base === undefined ? undefined : this.#file(joined(base, name))
  }

  /** The file a path without an ending, with that of its output, or of a folder means. */
  #file(path: string | undefined): string | undefined {
    if (path === undefined) return undefined
    const has = (each: string): boolean => this.#ground.has(each)
    if (path !== '' && has(path)) return path
    const source = path.replace(/\.([cm]?)js(x?)$/, '.$1ts$2')
    if (source !== path && has(source)) return source
    if (source !== path && has(`${source}x`)) return `${source}x`
    const ending = path === '' ? undefined : ENDINGS.find((each) => has(path + each))
    if (ending !== undefined) return path + ending
    const main = stringOf(this.#projects.packages.get(path === '' ? '.' : path)?.manifest['main'])
    const inside = main === undefined ? undefined : joined(path, main)
    if (inside !== undefined && has(inside)) return inside
    const index = ENDINGS.find((each) => has(under(path === '' ? '.' : path, `index${each}`)))
    return index === undefined ? undefined : under(path === '' ? '.' : path, `index${index}`)
  }
}

/** Targets of one name in `exports` or `imports`, in the order in which they are written. */
function targetsOf(table: unknown, name: string): readonly string[] {
  if (typeof table === 'string' || Array.isArray(table)) return name === '.' ? leavesOf(table) : []
  const entries = Object.entries(fieldsOf(table))
  if (entries.every(([key]) => !/^[.#]/.test(key))) return name === '.' ? leavesOf(table) : []
  const exact = entries.find(([key]) => key === name)
  if (exact !== undefined) return leavesOf(exact[1])
  for (const [key, value] of entries.toSorted((a, b) => b[0].length - a[0].length)) {
    const [before = '', after] = key.split('*')
    if (after === undefined || !name.startsWith(before) || !name.endsWith(after)) continue
    const middle = name.slice(before.length, name.length - after.length)
    return leavesOf(value).map((leaf) => leaf.replaceAll('*', () => middle))
  }
  return []
}

function leavesOf(value: unknown, depth = 0): readonly string[] {
  if (typeof value === 'string') return [value]
  if (depth > 6) return []
  const inside = Array.isArray(value) ? value : Object.values(fieldsOf(value))
  return inside.flatMap((each) => leavesOf(each, depth + 1))
}

const REQUIRED = /\brequire\(\s*(["'])([^"'\n]{1,300})\1\s*\)/g
const IMPORTED = /\bimport\(\s*(["'])([^"'\n]{1,300})\1\s*\)/g

/** Calls of `require` and `import` with a plain name, as statements; the outline has declarations alone. */
export const calledImports = (text: string): readonly string[] =>
  [...text.matchAll(REQUIRED), ...text.matchAll(IMPORTED)].map(([statement]) => statement)
