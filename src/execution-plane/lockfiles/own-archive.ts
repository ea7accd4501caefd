import type { LockEntry, LockfileKind } from './lock-entry.ts'

const NODE: readonly LockfileKind[] = ['npm', 'pnpm', 'yarn', 'berry']
const PYTHON: readonly LockfileKind[] = ['poetry', 'uv']

/** Says whose archive an entry really fetches, where that is not the package it names; undefined where it is. */
export function foreignArchive(entry: LockEntry, kind: LockfileKind): string | undefined {
  if (NODE.includes(kind)) return entry.address === undefined ? undefined : foreignTarball(entry, entry.address)
  if (!PYTHON.includes(kind)) return undefined
  return entry.files?.find((file) => !isPythonFileOf(file, entry))
}

/** `…/name/-/name-1.0.0.tgz`, or another registry's path that has name and version as segments of their own. */
function foreignTarball({ name, version }: LockEntry, address: string): string | undefined {
  const path = decoded(new URL(address).pathname)
  const segments = path.split('/').filter((segment) => segment !== '')
  const dash = segments.lastIndexOf('-')
  const short = name.slice(name.lastIndexOf('/') + 1)
  const isNamed = (before: readonly string[]) => `/${before.join('/')}`.endsWith(`/${name}`)
  if (dash >= 0)
    return isNamed(segments.slice(0, dash)) && segments.slice(dash + 1).join('/') === `${short}-${version}.tgz`
      ? undefined
      : path
  const at = segments.findIndex((_, index) => isNamed(segments.slice(0, index + 1)))
  return at >= 0 &&
    segments.slice(at + 1).some((segment) => segment === version || segment === `${short}-${version}.tgz`)
    ? undefined
    : path
}

const canonical = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, '-')

/** `name-1.0.0-py3-none-any.whl` and `name-1.0.0.tar.gz`, in any spelling that counts as the same name. */
function isPythonFileOf(file: string, { name, version }: LockEntry): boolean {
  const plain = canonical(decoded(file))
  const wanted = `${canonical(name)}-${canonical(version.replaceAll('+', '.'))}-`
  return canonical(plain.replaceAll('+', '.')).startsWith(wanted)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
