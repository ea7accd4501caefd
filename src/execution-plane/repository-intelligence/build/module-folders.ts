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

/** Every folder of a commit, however deep. */
export class Folders {
  readonly #folders = new Set<string>()

  /** Learns the folders above a path. */
  learn(path: string): void {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (this.#folders.has(folder)) break
      this.#folders.add(folder)
    }
  }

  /** The folders of a module that has a manifest at `path`. */
  of(path: string): ModuleFolders {
    const present = (names: readonly string[]): readonly string[] => {
      const there = names.map((name) => under(path, name)).filter((name) => this.#folders.has(name))
      return there.length < 2 ? there : there.filter((name) => !there.some((other) => other.startsWith(`${name}/`)))
    }
    return { sources: present(SOURCES), tests: present(TESTS), config: present(CONFIG) }
  }
}
