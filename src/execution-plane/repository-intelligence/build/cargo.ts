import { fieldsOf, stringOf, stringsOf } from '../ground/read-json.ts'
import { shellWord, under } from '../ground/path-parts.ts'
import type { BuildGround } from './build-ground.ts'

type Fields = Readonly<Record<string, unknown>>

/** The name of a package by its Cargo.toml; undefined for a workspace alone. */
export const cargoPackage = (manifest: Fields | undefined): string | undefined =>
  stringOf(fieldsOf(manifest?.['package'])['name'])

/**
 * How Cargo is told which package is meant, from the root of the repository: by its name where the root is its
 * workspace, else by its manifest. Empty for the root itself.
 */
export function cargoPlace(folder: string, { manifests }: BuildGround): string {
  if (folder === '.') return ''
  const name = cargoPackage(manifests.cargo.get(under(folder, 'Cargo.toml')))
  const root = manifests.cargo.get('Cargo.toml')
  if (name !== undefined && root !== undefined && isMember(folder, root, manifests.cargo))
    return ` -p ${shellWord(name)}`
  return ` --manifest-path ${shellWord(under(folder, 'Cargo.toml'))}`
}

/** True where a folder belongs to the workspace of the root: it is listed, or a member depends on it by its path. */
function isMember(folder: string, root: Fields, all: ReadonlyMap<string, Fields>): boolean {
  if (root['workspace'] === undefined) return false
  const workspace = fieldsOf(root['workspace'])
  if (
    stringsOf(workspace['exclude']).some((each) => folder === trimmed(each) || folder.startsWith(`${trimmed(each)}/`))
  )
    return false
  if (all.get(under(folder, 'Cargo.toml'))?.['workspace'] !== undefined) return false
  return stringsOf(workspace['members']).some((each) => fits(trimmed(each), folder)) || isPathOf(root, folder)
}

const isPathOf = (root: Fields, folder: string): boolean =>
  [root, fieldsOf(root['workspace'])]
    .flatMap((each) => ['dependencies', 'dev-dependencies', 'build-dependencies'].map((field) => fieldsOf(each[field])))
    .flatMap((table) => Object.values(table))
    .some((each) => trimmed(stringOf(fieldsOf(each)['path']) ?? '') === folder)

const trimmed = (path: string): string => path.replace(/^\.\//, '').replace(/\/$/, '')

/** A pattern of members, in which `*` is one folder. */
function fits(pattern: string, folder: string): boolean {
  const [wanted, parts] = [pattern.split('/'), folder.split('/')]
  return (
    wanted.length === parts.length &&
    wanted.every((part, at) => {
      const [before = '', after] = part.split('*')
      const own = parts[at] ?? ''
      return after === undefined ? own === part : own.startsWith(before) && own.endsWith(after)
    })
  )
}
