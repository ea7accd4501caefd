import type { BuildModule } from '#ports'
import type { BuildGround } from '../build/build-ground.ts'
import { cargoPackage, cargoPlace } from '../build/cargo.ts'
import { fieldsOf, listOf, stringOf } from '../ground/read-json.ts'
import { folderOf, nameOf, shellWord, stemOf, under } from '../ground/path-parts.ts'
import { UNKNOWN_TEST, type FocusedTest } from './focused-test.ts'

/** Steps from a module of a test to the file that is its root. */
const MOST_STEPS = 5

type Fields = Readonly<Record<string, unknown>>

/** Which files declare a file as their module. */
type DeclaredBy = (path: string) => readonly string[]

/** A test target by its name; of a file that is a module of one, the target and the module. */
export function focusedRustTest(
  path: string,
  module: BuildModule | undefined,
  build: BuildGround,
  declaredBy: DeclaredBy,
): FocusedTest {
  const folder = module?.path ?? '.'
  const manifest = build.manifests.cargo.get(under(folder, 'Cargo.toml'))
  if (manifest === undefined || cargoPackage(manifest) === undefined) return UNKNOWN_TEST
  const inside = (each: string): string => (folder === '.' ? each : each.slice(folder.length + 1))
  const cargo = `cargo test${cargoPlace(folder, build)}`
  const targets = targetsOf(manifest)
  let at = path
  for (let step = 0; step < MOST_STEPS; step++) {
    const target = targets(inside(at))
    if (target !== undefined) {
      const filter = at === path ? '' : ` ${shellWord(`${modulePath(at, path)}::`)}`
      return { framework: 'cargo', command: `${cargo} --test ${shellWord(target)}${filter}` }
    }
    const above = declaredBy(at).find((each) => each.startsWith(folder === '.' ? '' : `${folder}/`))
    if (above === undefined) break
    at = above
  }
  const inner = inSource(inside(path), manifest)
  return inner === undefined ? UNKNOWN_TEST : { framework: 'cargo', command: `${cargo} ${inner}` }
}

/** Tests that a source holds itself: those of the library, or of the program that is told to stand elsewhere. */
function inSource(inside: string, manifest: Fields): string | undefined {
  const library = stringOf(fieldsOf(manifest['lib'])['path']) ?? 'src/lib.rs'
  const told = listOf(manifest['bin']).flatMap((each) => {
    const { name, path } = fieldsOf(each)
    return typeof name === 'string' && typeof path === 'string' && path.endsWith('.rs') ? [{ name, path }] : []
  })
  const bin = told.find(
    ({ path }) => path !== library && inside.startsWith(folderOf(path) + '/') && !path.startsWith('src/'),
  )
  if (bin !== undefined) return `--bin ${shellWord(bin.name)}${filterFor(bin.path, inside)}`
  if (/^src\/(main\.rs|bin\/)/.test(inside)) return '--bins'
  return inside.startsWith(`${folderOf(library)}/`) ? `--lib${filterFor(library, inside)}` : undefined
}

/** Picks the tests of one module below the file that is the root of them all. */
function filterFor(root: string, inside: string): string {
  const module = inside
    .slice(folderOf(root).length + 1)
    .replace(/(^|\/)mod\.rs$/, '')
    .replace(/\.rs$/, '')
  return inside === root || module === '' ? '' : ` ${shellWord(`${module.replaceAll('/', '::')}::`)}`
}

/** The target that a file is the root of: as the manifest says, else as Cargo finds them. */
function targetsOf(manifest: Fields): (inside: string) => string | undefined {
  const told = new Map(
    listOf(manifest['test']).flatMap((each) => {
      const { name, path } = fieldsOf(each)
      const target = stringOf(name)
      return target === undefined ? [] : [[stringOf(path) ?? `tests/${target}.rs`, target] as const]
    }),
  )
  const is_found = fieldsOf(manifest['package'])['autotests'] !== false
  return (inside) =>
    told.get(inside) ?? (is_found ? /^tests\/([^/]+)(?:\.rs|\/main\.rs)$/.exec(inside)?.[1] : undefined)
}

/** The name of a module from the file that is the root of its tests. */
function modulePath(root: string, path: string): string {
  const own = nameOf(path) === 'mod.rs' ? path.slice(0, -'/mod.rs'.length) : path
  const start = /(^|\/)main\.rs$/.test(root) ? root.replace(/main\.rs$/, '') : root.replace(/[^/]*$/, '')
  const inside = own.startsWith(start) ? own.slice(start.length) : stemOf(own)
  return inside.replace(/\.rs$/, '').replaceAll('/', '::')
}
