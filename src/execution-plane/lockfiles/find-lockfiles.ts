import { posix } from 'node:path'
import type { ProfilePhase } from '#domain/verification'
import type { LockfileKind } from './lock-entry.ts'

const NAMES: Readonly<Record<string, LockfileKind>> = {
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'poetry.lock': 'poetry',
  'uv.lock': 'uv',
  'go.sum': 'go',
  'go.mod': 'go',
  'Cargo.lock': 'cargo',
  'pom.xml': 'maven',
}

/** Kinds by ecosystem; one that is not named here may use any. */
const KINDS: { readonly [ecosystem: string]: readonly LockfileKind[] } = {
  node: ['npm', 'pnpm', 'yarn'],
  python: ['pip', 'poetry', 'uv'],
  java: ['maven'],
  go: ['go'],
  rust: ['cargo'],
  cargo: ['cargo'],
}
const EVERY: readonly LockfileKind[] = ['npm', 'pnpm', 'yarn', 'pip', 'poetry', 'uv', 'go', 'cargo', 'maven']
/** Tools read these in every folder of the repository, not in the one they are started in alone. */
const EVERYWHERE: readonly LockfileKind[] = ['maven', 'go']
const SHELLS = /(?:^|\/)(?:ba|da|z|k)?sh$|^(?:make|just|task|tox|nox|env|xargs)$/
const VENDORED =
  /(?:^|\/)(?:node_modules|vendor|testdata|fixtures|__fixtures__|\.venv|site-packages|src\/test|src\/it)\//

/** A file to be judged. */
export interface FoundLockfile {
  readonly path: string
  readonly kind: LockfileKind
}

/** What kind of lockfile a path is by its name; requirements files count by what they are called. */
export function kindOf(path: string): LockfileKind | undefined {
  const name = posix.basename(path)
  return (
    NAMES[name] ??
    (/^[\w.-]*requirements[\w.-]*\.txt$|(?:^|\/)requirements\/[\w.-]+\.txt$/.test(path) ? 'pip' : undefined)
  )
}

/**
 * The lockfiles that a setup would install from: those of its ecosystem in the folders its commands are started in or
 * name, and requirements files that they name. A command that is a shell or a script may go anywhere, so there every one counts.
 */
export function findLockfiles(
  paths: readonly string[],
  { ecosystem, setup }: { readonly ecosystem: string; readonly setup: readonly ProfilePhase[] },
): readonly FoundLockfile[] {
  if (setup.length === 0) return []
  const kinds = KINDS[ecosystem] ?? EVERY
  const words = new Set(setup.flatMap(namedPaths))
  const anywhere = setup.some(({ argv }) => SHELLS.test(argv[0] ?? ''))
  const folders = new Set(setup.map(({ cwd = '' }) => folderOf(cwd)))
  for (const word of words) folders.add(word)
  return paths.flatMap((path): readonly FoundLockfile[] => {
    const kind = kindOf(path)
    if (kind === undefined || !kinds.includes(kind)) return []
    const far = VENDORED.test(path)
    const named = words.has(path)
    if (kind === 'pip') return named || (anywhere && !far) ? [{ path, kind }] : []
    const near = folders.has(folderOf(posix.dirname(path)))
    return named || near || ((anywhere || EVERYWHERE.includes(kind)) && !far) ? [{ path, kind }] : []
  })
}

const folderOf = (path: string): string => {
  const plain = posix.normalize(path === '' ? '.' : path).replace(/\/$/, '')
  return plain === '.' ? '' : plain
}

/** Words of a command as paths of the repository, those behind `=` and in an option's tail too. */
function namedPaths({ argv, cwd = '' }: ProfilePhase): readonly string[] {
  return argv.flatMap((word) =>
    [word, word.slice(word.indexOf('=') + 1), word.replace(/^-[a-zA-Z]/, '')].map((part) =>
      folderOf(posix.join(cwd, part.replace(/^\/workspace\//, ''))),
    ),
  )
}
