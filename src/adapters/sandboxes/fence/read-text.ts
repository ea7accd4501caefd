import { readFileSync } from 'node:fs'

/** Text of a small file, or undefined where it cannot be read. */
export const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
