import { gitOutput } from '../transport/run-git.ts'

/** A file, link or submodule of a tree. */
export interface ListedEntry {
  /** Bytes of the whole path, one character each (latin1). */
  readonly path: string
  readonly mode: string
  readonly id: string
  /** 0 for a submodule. */
  readonly bytes: number
}

/** Every path of a tree in git's order, which is the order of the paths' bytes. */
export async function listTree(git_dir: string, tree: string): Promise<readonly ListedEntry[]> {
  const output = await gitOutput({ args: ['ls-tree', '-r', '-l', '-z', '--full-tree', tree], git_dir })
  return output
    .toString('latin1')
    .split('\0')
    .filter((line) => line !== '')
    .map(parseLine)
}

function parseLine(line: string): ListedEntry {
  const tab = line.indexOf('\t')
  const [mode = '', , id = '', bytes = ''] = line.slice(0, tab).split(/ +/)
  return { path: line.slice(tab + 1), mode, id, bytes: bytes === '-' ? 0 : Number(bytes) }
}
