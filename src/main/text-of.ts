import { readFile } from 'node:fs/promises'

/** Text of a file; undefined where there is none. @throws what reading it threw */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
