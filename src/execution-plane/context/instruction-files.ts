import type { TreeEntry } from '#ports'

/** Guidance that the repository keeps for agents, from the base commit. */
export interface InstructionFile {
  readonly path: string
  readonly text: string
  /** The folder it speaks of; empty is the whole repository. */
  readonly scope: string
}

/** Names in any folder, which speak of that folder and what is below it. */
const SCOPED = ['AGENTS.md', 'CLAUDE.md', 'GEMINI.md']
/** Paths from the root alone. */
const AT_ROOT = ['.github/copilot-instructions.md', '.cursorrules', '.windsurfrules', '.clinerules']
const LARGEST = 64_000
/** Files below the root that are shown at most; the deepest of those that apply come first. */
const MOST_BELOW = 4

/** Which guidance is asked for. */
interface InstructionWish {
  /** A path that was agreed for the repository: it is the only one. Null or absent: the known names. */
  readonly agreed?: string | null
  /** Paths that the task is about; guidance of a folder counts where one of them is inside. */
  readonly about?: readonly string[]
}

/**
 * Reads the instruction files that apply: those of the root, and those of folders around the paths the task is about.
 * Links, oversized files and files that are no text are no instructions. The fixed order: the root's, then by path.
 */
export async function readInstructions(
  list: readonly TreeEntry[],
  read: (path: string) => Promise<Uint8Array | undefined>,
  { agreed = null, about = [] }: InstructionWish = {},
): Promise<readonly InstructionFile[]> {
  const regular = new Set(
    list.filter((entry) => entry.mode.startsWith('100') && entry.bytes <= LARGEST).map(({ path }) => path),
  )
  const wanted = agreed === null ? [...SCOPED, ...AT_ROOT, ...below(regular, about)] : [agreed]
  const found: InstructionFile[] = []
  for (const path of wanted) {
    if (!regular.has(path)) continue
    const bytes = await read(path)
    if (bytes === undefined || bytes.includes(0)) continue
    found.push({ path, text: new TextDecoder().decode(bytes), scope: agreed === null ? scopeOf(path) : '' })
  }
  return found
}

function below(regular: ReadonlySet<string>, about: readonly string[]): readonly string[] {
  const folders = new Set(about.flatMap(foldersAround))
  return [...folders]
    .flatMap((folder) => SCOPED.map((name) => `${folder}/${name}`))
    .filter((path) => regular.has(path))
    .sort((a, b) => depth(b) - depth(a) || (a < b ? -1 : 1))
    .slice(0, MOST_BELOW)
    .sort()
}

/** Folders around a path or a pattern, without the root; a pattern counts up to its first wildcard. */
function foldersAround(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  const wild = parts.findIndex((part) => /[*?[{]/.test(part))
  const fixed = wild === -1 ? parts : parts.slice(0, wild)
  return fixed.map((_, index) => fixed.slice(0, index + 1).join('/')).filter((folder) => folder !== '')
}

function scopeOf(path: string): string {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  return AT_ROOT.includes(path) ? '' : folder
}

const depth = (path: string): number => path.split('/').length
