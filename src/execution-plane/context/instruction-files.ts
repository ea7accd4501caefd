import type { TreeEntry } from '#ports'

/** Guidance that the repository keeps for agents, from the base commit. */
export interface InstructionFile {
  readonly path: string
  readonly text: string
}

const KNOWN = ['AGENTS.md', 'CLAUDE.md', 'GEMINI.md', '.github/copilot-instructions.md', '.cursorrules']
const LARGEST = 64_000

/** The instruction files of a tree, in a fixed order; links and oversized files are no instructions. */
function instructionPaths(list: readonly TreeEntry[], agreed: string | null): readonly string[] {
  const regular = new Set(
    list.filter((entry) => entry.mode.startsWith('100') && entry.bytes <= LARGEST).map(({ path }) => path),
  )
  return (agreed === null ? KNOWN : [agreed]).filter((path) => regular.has(path))
}

/** Reads them; a file that is not text is left out. Where one was agreed for the repository, it is the only one. */
export async function readInstructions(
  list: readonly TreeEntry[],
  read: (path: string) => Promise<Uint8Array | undefined>,
  agreed: string | null = null,
): Promise<readonly InstructionFile[]> {
  const found: InstructionFile[] = []
  for (const path of instructionPaths(list, agreed)) {
    const bytes = await read(path)
    if (bytes !== undefined && !bytes.includes(0)) found.push({ path, text: new TextDecoder().decode(bytes) })
  }
  return found
}
