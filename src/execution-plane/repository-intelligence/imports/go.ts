import type { Ground } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { folderOf, nameOf } from '../ground/path-parts.ts'
import { external, internalOr, nowhere, STANDARD, type Resolution, type Resolver } from './resolution.ts'

interface GoModule {
  readonly folder: string
  readonly name: string
  readonly required: readonly string[]
}

/** Reads what each go.mod calls its module and requires. */
export async function readGoModules(ground: Ground): Promise<readonly GoModule[]> {
  const manifests = ground.files.filter(({ path }) => nameOf(path) === 'go.mod').map(({ path }) => path)
  return (await ground.texts(manifests.slice(0, 300))).flatMap(([path, text]) => {
    const name = /^[ \t]*module[ \t]+"?([^\s"]+)/m.exec(text)?.[1]
    const required = [...text.matchAll(/^[ \t]*(?:require[ \t]+)?([\w.~-]+\.[\w.~-]+(?:\/[\w.~-]+)*)\s+v/gm)]
    return name === undefined ? [] : [{ folder: folderOf(path), name, required: required.map(([, each = '']) => each) }]
  })
}

/** Follows imports by the path of a module: a package is all files of its folder that are no tests. */
export function goResolver(ground: Ground, modules: readonly GoModule[]): Resolver {
  const packages = new Map<string, string[]>()
  for (const { path, language } of ground.files)
    if (language === 'Go' && !path.endsWith('_test.go')) push(packages, folderOf(path), path)
  const longest = modules.toSorted((a, b) => b.name.length - a.name.length)
  const required = longest.flatMap((each) => each.required).toSorted((a, b) => b.length - a.length)
  const known = new Map<string, Resolution>()
  const resolve = (name: string): Resolution => {
    const within = (whole: string) => name === whole || name.startsWith(`${whole}/`)
    const own = longest.find((each) => within(each.name))
    if (own !== undefined) {
      const rest = name.slice(own.name.length + 1)
      const folder = [own.folder, rest].filter((part) => part !== '.' && part !== '').join('/')
      return internalOr(packages.get(folder === '' ? '.' : folder) ?? [], () => nowhere(name))
    }
    const package_ = required.find(within)
    if (package_ !== undefined) return external(package_)
    return name.split('/')[0]?.includes('.') === true ? external(name) : STANDARD
  }
  return (_, statements) =>
    statements.flatMap((statement) => {
      const name = /["`]([^"`]+)["`]/.exec(statement)?.[1]
      if (name === undefined) return []
      const made = known.get(name) ?? resolve(name)
      known.set(name, made)
      return [made]
    })
}
