import { under } from '../ground/path-parts.ts'

const SOURCES = ['src/main/java', 'src/main/kotlin', 'src/main/scala', 'src', 'lib', 'app', 'pkg', 'cmd', 'internal']
const TESTS = ['src/test/java', 'src/test/kotlin', 'src/test/scala', 'test', 'tests', '__tests__', 'spec', 'e2e']
const CONFIG = ['config', 'conf', 'src/main/resources', 'etc']

/** Where the parts of a module usually stand, as far as they are there; the innermost of several. */
export interface ModuleFolders {
  readonly sources: readonly string[]
  readonly tests: readonly string[]
  readonly config: readonly string[]
}

/** Every folder that holds one of the paths, however deep. */
export function foldersIn(paths: readonly string[]): ReadonlySet<string> {
  const folders = new Set<string>()
  for (const path of paths)
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (folders.has(folder)) break
      folders.add(folder)
    }
  return folders
}

/** The folders of a module that has a manifest at `path`. */
export function moduleFolders(path: string, folders: ReadonlySet<string>): ModuleFolders {
  const present = (names: readonly string[]): readonly string[] => {
    const there = names.map((name) => under(path, name)).filter((name) => folders.has(name))
    return there.filter((name) => !there.some((other) => other.startsWith(`${name}/`)))
  }
  return { sources: present(SOURCES), tests: present(TESTS), config: present(CONFIG) }
}
