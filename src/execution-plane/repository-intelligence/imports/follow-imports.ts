import type { ExternalPackage } from '#ports'
import type { Manifests } from '../build/manifests.ts'
import { count, push } from '../ground/bounded.ts'
import type { Ground, MappedFile } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { languageName } from '../files/languages.ts'
import { cppResolver } from './cpp.ts'
import { csharpResolver } from './csharp.ts'
import { externalPackages, importNames } from './external-packages.ts'
import { goResolver, readGoModules } from './go.ts'
import { calledImports, javaScriptResolver } from './javascript.ts'
import { readJavaScriptProjects } from './javascript-projects.ts'
import { isJvm, JvmPackages, jvmResolver, jvmStatements } from './jvm.ts'
import { phpResolver, psr4Roots } from './php.ts'
import { pythonResolver } from './python.ts'
import type { Resolver } from './resolution.ts'
import { rubyResolver } from './ruby.ts'
import { rustCrates, rustResolver } from './rust.ts'

/** Which file needs which, and what else their imports name. */
export interface Imports {
  /** Internal imports by file, each once, in the order of the file's statements. */
  readonly of: ReadonlyMap<string, readonly string[]>
  readonly by: ReadonlyMap<string, readonly string[]>
  readonly counts: {
    readonly internal: number
    readonly external: number
    readonly standard: number
    readonly unresolved: number
  }
  readonly unresolved: readonly { readonly path: string; readonly names: string }[]
  readonly packages: readonly ExternalPackage[]
}

/** Files whose text is read because their imports are calls, or because their language has no grammar. */
const MOST_READ = 3_000

/** Follows every import of a commit. Reads manifests, and the text of files whose imports the index does not have. */
export async function followImports(ground: Ground, manifests: Manifests): Promise<Imports> {
  const read = await textualImports(ground)
  const statements = (file: MappedFile): readonly string[] => [
    ...ground.importsOf(file),
    ...(read.get(file.path) ?? []),
  ]
  const resolverOf = await resolvers(ground, manifests, statements)
  const of = new Map<string, readonly string[]>()
  const by = new Map<string, string[]>()
  const counts = { internal: 0, external: 0, standard: 0, unresolved: 0 }
  const unresolved: { path: string; names: string }[] = []
  const named = new Map<string, number>()
  await inTurns(ground.code, (file) => {
    const resolutions = resolverOf(file)?.(file, statements(file)) ?? []
    const paths = new Set<string>()
    const others = new Set<string>()
    for (const each of resolutions) {
      if (each.to === 'internal') for (const path of each.paths) paths.add(path)
      if (each.to === 'external') others.add(each.name)
      if (each.to === 'nowhere') unresolved.push({ path: file.path, names: each.names })
      counts[each.to === 'nowhere' ? 'unresolved' : each.to] += 1
    }
    for (const name of others) count(named, name)
    paths.delete(file.path)
    if (paths.size > 0) of.set(file.path, [...paths])
    for (const path of paths) push(by, path, file.path)
  })
  return { of, by, counts, unresolved, packages: counted(externalPackages(manifests), named) }
}

type ResolverOf = (file: MappedFile) => Resolver | undefined

async function resolvers(
  ground: Ground,
  manifests: Manifests,
  statements: (file: MappedFile) => readonly string[],
): Promise<ResolverOf> {
  const there = new Set(ground.code.map(({ language }) => language))
  const has = (...languages: readonly string[]): boolean => languages.some((each) => there.has(each))
  const java_script = has('TypeScript', 'JavaScript', 'Vue', 'Svelte')
    ? javaScriptResolver(ground, await readJavaScriptProjects(ground))
    : undefined
  const python = has('Python') ? pythonResolver(ground) : undefined
  const go = has('Go') ? goResolver(ground, await readGoModules(ground)) : undefined
  const rust = has('Rust') ? rustResolver(ground, rustCrates(ground, manifests.cargo)) : undefined
  const jvm_files = ground.code.filter(({ language }) => isJvm(language))
  const jvm = jvm_files.length > 0 ? await jvmResolver(ground, new JvmPackages(jvm_files, statements)) : undefined
  const cpp = has('C', 'C++', 'Objective-C') ? cppResolver(ground) : undefined
  const by_language: Readonly<Record<string, Resolver | undefined>> = {
    TypeScript: java_script,
    JavaScript: java_script,
    Vue: java_script,
    Svelte: java_script,
    Python: python,
    Go: go,
    Rust: rust,
    C: cpp,
    'C++': cpp,
    'Objective-C': cpp,
    'C#': has('C#') ? await csharpResolver(ground) : undefined,
    Ruby: has('Ruby') ? rubyResolver(ground) : undefined,
    PHP: has('PHP') ? phpResolver(ground, psr4Roots(manifests.composer)) : undefined,
  }
  return ({ language = '' }) => (isJvm(language) ? jvm : by_language[language])
}

const VUE = /\.(vue|svelte)$/

/** Statements that stand in the text alone: calls of `require`, and the imports of languages without a grammar. */
async function textualImports(ground: Ground): Promise<ReadonlyMap<string, readonly string[]>> {
  const calling = new Set(ground.pathsWith('require'))
  const java_script = (file: MappedFile) =>
    /^(JavaScript|TypeScript)$/.test(file.language ?? '') && calling.has(file.path)
  const wanted = ground.code.filter(
    (file) =>
      java_script(file) ||
      VUE.test(file.path) ||
      (isJvm(file.language) && file.language !== 'Java') ||
      (/^(C|C\+\+|Objective-C)$/.test(file.language ?? '') && /\.mm?$/.test(file.path)),
  )
  const found = new Map<string, readonly string[]>()
  const first = wanted.slice(0, MOST_READ).map(({ path }) => path)
  await ground.eachText(first, (path, text) => void found.set(path, statementsIn(path, text)))
  return found
}

function statementsIn(path: string, text: string): readonly string[] {
  if (VUE.test(path)) {
    const lines = text.match(/^[ \t]*import\s[^;\n]{1,400}/gm) ?? []
    return [...lines.map((line) => line.trim()), ...calledImports(text)]
  }
  if (/\.mm?$/.test(path)) {
    const lines = text.match(/^[ \t]*#[ \t]*(?:include|import)\s[^\n]{1,300}/gm) ?? []
    return lines.map((line) => line.replace('import', 'include'))
  }
  return isJvm(languageName(path)) ? jvmStatements(text) : calledImports(text)
}

/**
 * Counts how often each package is imported: an import of `a.b.c` means the packages that are imported as `a.b.c`, `a.b`
 * or `a`.
 */
function counted(
  packages: readonly Omit<ExternalPackage, 'imported_by'>[],
  named: ReadonlyMap<string, number>,
): readonly ExternalPackage[] {
  const below = new Map<string, number>()
  for (const [name, files] of named)
    for (let end = name.length; end > 0; end = lastBreak(name, end)) count(below, name.slice(0, end), files)
  return packages.map((each) => {
    const imported_by = importNames(each).reduce((sum, name) => sum + (below.get(name) ?? 0), 0)
    return { ...each, imported_by }
  })
}

/** Where the part of a name before another `.`, `/` or `\\` ends; 0 where there is none. */
function lastBreak(name: string, before: number): number {
  for (let at = before - 1; at > 0; at--) if (/[./\\]/.test(name[at] ?? '')) return at
  return 0
}
