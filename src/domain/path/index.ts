import { ok, refuse, type Result } from '../result/index.ts'

export { isDependencyPath, isInterfacePath, isMigrationPath, isSourcePath } from './path-kinds.ts'
export { matcherOf } from './owner-pattern.ts'

/** Why a text is no repository path; `message` tells its author what to write instead. */
export interface PathDefect {
  readonly rule: 'path.invalid'
  readonly message: string
}

const COMPONENT_BYTES = 255
const PATH_BYTES = 4096
// C0, DEL, C1, and the line and paragraph separators: no honest file name has them, and they break listings and logs.
const CONTROL = /[\p{Cc}\u2028\u2029]/u

/**
 * The one grammar of repository paths: relative to the root, separated by single slashes, NFC, no `.` or `..`.
 * Gives the components. Decided on the text alone, before any system call.
 */
export function parsePath(text: string): Result<readonly string[], PathDefect> {
  const defect = pathDefect(text)
  return defect === undefined ? ok(text.split('/')) : refuse({ rule: 'path.invalid', message: defect })
}

function pathDefect(text: string): string | undefined {
  if (text === '') return 'a path is empty; paths are relative to the repository root, such as src/app.ts'
  if (!text.isWellFormed()) return 'a path has broken Unicode in it'
  const shown = JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text)
  if (CONTROL.test(text)) return `${shown} has control characters in it`
  if (text.startsWith('/')) {
    const inside = text.startsWith('/workspace/') ? `; write ${JSON.stringify(text.slice('/workspace/'.length))}` : ''
    return `${shown} is absolute; paths are relative to the repository root${inside}`
  }
  if (text.normalize('NFC') !== text) return `${shown} is not in Unicode normal form C`
  const bytes = new TextEncoder()
  if (bytes.encode(text).length > PATH_BYTES) return `a path is longer than ${PATH_BYTES} bytes`
  for (const component of text.split('/')) {
    if (component === '') return `${shown} has an empty component; write single slashes and none at the end`
    if (component === '.' || component === '..')
      return `${shown} has the component "${component}"; write the plain path from the repository root`
    if (bytes.encode(component).length > COMPONENT_BYTES)
      return `${shown} has a component of more than ${COMPONENT_BYTES} bytes`
  }
  return undefined
}

// What file systems and git's own checks ignore in a name: zero-width, directional and other default-ignorable marks.
const IGNORABLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu
const NTFS_STREAM = /:.*\$(data|index_allocation|bitmap)$/
const TRAILING = /[. ]+$/

/**
 * The form of a path that rules are matched on: each component in NFKC, case folded, without what some file system
 * would ignore in it (zero-width marks, trailing dots and spaces, NTFS streams). Undefined where a component becomes
 * empty or a separator by that, so nothing safe can be said about it.
 */
export function foldPath(components: readonly string[]): readonly string[] | undefined {
  const folded = components.map(foldComponent)
  return folded.some((part) => part === '' || part.includes('/')) ? undefined : folded
}

function foldComponent(name: string): string {
  const plain = name.normalize('NFKC').replaceAll(IGNORABLE, '')
  const folded = plain.toLowerCase().toUpperCase().toLowerCase().normalize('NFKC')
  return folded.replace(NTFS_STREAM, '').replace(TRAILING, '')
}
