import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Owner, thisOwner } from '../fence/owner.ts'
import type { Container } from './container.ts'
import type { EngineName } from './engine.ts'

/** What a sweep needs to know of a container whose engine may have forgotten it. */
interface ContainerRecord {
  readonly owner: Owner
  readonly engine: EngineName
  /** Control group below which those of single commands were made. */
  readonly processes: string
}

const RECORD_FILE = 'container.json'

const containersFolder = (home: string): string => join(home, 'containers')

/** Makes the folder of an open container under GANDER_HOME, with its record. Returns its path. */
export const claimFolder = (home: string, { engine, name, cgroups }: Container): string => {
  const folder = join(containersFolder(home), name)
  const record: ContainerRecord = { owner: thisOwner(), engine: engine.name, processes: cgroups.processes }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, RECORD_FILE), JSON.stringify(record), { mode: 0o600 })
  } catch (error) {
    // A folder without a whole record would never be swept.
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return folder
}

/** Folders of containers with their names and records; what has no readable record is left out. */
export const containerFolders = (
  home: string,
): readonly { readonly name: string; readonly folder: string; readonly record: ContainerRecord }[] => {
  let names: readonly string[]
  try {
    names = readdirSync(containersFolder(home))
  } catch {
    return []
  }
  return names.flatMap((name) => {
    const folder = join(containersFolder(home), name)
    try {
      return [{ name, folder, record: JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')) as ContainerRecord }]
    } catch {
      return []
    }
  })
}
