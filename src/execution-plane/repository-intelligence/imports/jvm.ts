import type { Ground, MappedFile } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { inTurns } from '../ground/in-turns.ts'
import { folderOf, stemOf } from '../ground/path-parts.ts'
import { external, internalOr, STANDARD, type Resolution, type Resolver } from './resolution.ts'

const PACKAGE = /^\s*package\s+([\w.`]+)/m
/** What the platforms themselves bring. */
const STANDARD_PACKAGES =
  /^(java|javax\.(crypto|net|sql|swing|xml|management|naming|security|script|tools|imageio|print|sound|lang|annotation\.processing)|jdk|sun|com\.sun|kotlin|kotlinx\.coroutines|scala|groovy)\./
/** Files of one package that a wildcard is followed to. */
const MOST_OF_PACKAGE = 200
/** Files of one name in one package, as an overlay for each version of the platform makes them. */
const MOST_OF_NAME = 8

/** Packages of the Java, Kotlin, Scala and Groovy files of a repository. */
export class JvmPackages {
  readonly #by_class = new Map<string, string[]>()
  readonly #by_package = new Map<string, string[]>()
  readonly #package_of = new Map<string, string>()

  /** `statements` gives what a file says of its package and imports. */
  constructor(files: readonly MappedFile[], statements: (file: MappedFile) => readonly string[]) {
    for (const file of files) {
      const told = statements(file)
        .map((text) => PACKAGE.exec(text)?.[1])
        .find((name) => name !== undefined)
      const name = (told ?? packageByFolder(file.path)).replaceAll('`', '')
      this.#package_of.set(file.path, name)
      push(this.#by_package, name, file.path)
      push(this.#by_class, name === '' ? stemOf(file.path) : `${name}.${stemOf(file.path)}`, file.path)
    }
  }

  packageOf(path: string): string {
    return this.#package_of.get(path) ?? ''
  }

  inPackage(name: string): readonly string[] {
    return this.#by_package.get(name) ?? []
  }

  /** The files of a class, of the class a member or an inner class stands in, or of a package by wildcard. */
  find(name: string, wildcard: boolean): readonly string[] {
    const parts = name.split('.')
    for (let length = parts.length; length > 1; length--) {
      const found = this.#by_class.get(parts.slice(0, length).join('.'))
      if (found !== undefined) return found
    }
    const folder = wildcard ? name : parts.slice(0, -1).join('.')
    return wildcard || /^[a-z]/.test(parts.at(-1) ?? '') ? this.inPackage(folder).slice(0, MOST_OF_PACKAGE) : []
  }

  /** True for the beginning of a package's name that the repository uses itself. */
  isOwn(name: string): boolean {
    return this.#by_package.has(name.split('.').slice(0, -1).join('.'))
  }
}

function packageByFolder(path: string): string {
  const inside = /(?:^|\/)src\/\w+\/(?:java|kotlin|scala|groovy)\/(.+)$/.exec(path)?.[1]
  return inside === undefined ? '' : folderOf(inside).replaceAll('/', '.').replace(/^\.$/, '')
}

/** Follows imports of classes; files of the same package need none and are told by the words they use. */
export async function jvmResolver(ground: Ground, packages: JvmPackages): Promise<Resolver> {
  const used = await usedInPackage(ground, packages)
  return (file, statements) => {
    const named = statements.flatMap((statement): readonly Resolution[] => {
      const found = /^\s*import\s+(?:static\s+)?([\w.`]+?)(\.[*_])?\s*(?:as\s+\w+|;|$)/.exec(
        statement.replaceAll('`', ''),
      )
      const name = found?.[1]
      if (name === undefined) return []
      const paths = packages.find(name, found?.[2] !== undefined).filter((path) => path !== file.path)
      return [internalOr(paths, () => (STANDARD_PACKAGES.test(`${name}.`) ? STANDARD : external(groupOf(name))))]
    })
    const beside = used.get(file.path) ?? []
    return beside.length > 0 ? [...named, { to: 'internal', paths: beside }] : named
  }
}

/** `org.junit.jupiter.api.Test` as `org.junit.jupiter.api`. */
const groupOf = (name: string): string => {
  const parts = name.split('.')
  const first_class = parts.findIndex((part) => /^[A-Z]/.test(part))
  return parts.slice(0, first_class > 0 ? first_class : Math.max(1, parts.length - 1)).join('.')
}

/**
 * By file: the files of the same package that it uses without an import. Their name, which is that of their class,
 * stands in it as a word. One search of the index by name, never one by pair.
 */
async function usedInPackage(ground: Ground, packages: JvmPackages): Promise<ReadonlyMap<string, readonly string[]>> {
  const uses = new Map<string, string[]>()
  const jvm = ground.code.filter(({ language }) => isJvm(language))
  const package_of = new Map(jvm.map(({ path }) => [path, packages.packageOf(path)]))
  const by_name = new Map<string, string[]>()
  for (const { path } of jvm) push(by_name, stemOf(path), path)
  await inTurns(by_name, ([name, paths]) => {
    const declaring = new Map<string, string[]>()
    for (const path of paths) push(declaring, package_of.get(path) ?? '', path)
    for (const user of ground.pathsWith(name)) {
      const own = package_of.get(user)
      for (const path of own === undefined ? [] : (declaring.get(own) ?? []).slice(0, MOST_OF_NAME))
        if (path !== user) push(uses, user, path)
    }
  })
  return uses
}

export const isJvm = (language: string | undefined): boolean =>
  language === 'Java' || language === 'Kotlin' || language === 'Scala' || language === 'Groovy'

/** Package and imports of a file of a language without a grammar. */
export const jvmStatements = (text: string): readonly string[] =>
  [...text.matchAll(/^[ \t]*(?:package|import)[ \t]+[^\n]{1,300}/gm)].slice(0, 500).map(([line]) => line.trim())
