import { readFileSync } from 'node:fs'

/** What the machine's environment looks like; only the variables named here are read. */
export type HostEnvironment = { readonly [name: string]: string | undefined }

/** A text file of the machine, or undefined where it cannot be read. */
export const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
