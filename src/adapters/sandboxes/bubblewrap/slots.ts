import { randomInt } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { Owner } from '../fence/owner.ts'

/** What a sandbox leaves outside its own folder if its worker dies. */
export interface SandboxRecord {
  readonly owner: Owner
  readonly sandbox_id: string
  readonly run_id: string
  /** Absolute folders: cgroups, and work folders of a setup layer. */
  readonly cgroups: readonly string[]
  readonly scratch: readonly string[]
}

const RECORD_FILE = 'sandbox.json'
/** Uids (as root) are handed out from base to base + this, one per living sandbox. */
const SLOTS = 1 << 20

/** Folder that holds one folder per living sandbox. */
const sandboxesFolder = (home: string): string => join(home, 'sandboxes')

/** Claims a number that no living sandbox under this home has, by making its folder. */
export const claimSlot = (home: string): { readonly slot: number; readonly folder: string } => {
  const parent = sandboxesFolder(home)
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const slot = randomInt(SLOTS)
    const folder = join(parent, String(slot))
    try {
      mkdirSync(folder, { mode: 0o700 })
      return { slot, folder }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  throw new GanderError('sandbox_unavailable', `No free slot was found in ${parent}.`, {
    remedy: 'Remove folders of that directory that belong to no running worker.',
  })
}

/** Writes what a sweep needs to know. */
export const writeRecord = (folder: string, record: SandboxRecord): void =>
  writeFileSync(join(folder, RECORD_FILE), JSON.stringify(record), { mode: 0o600 })

/** Folders of sandboxes with their records; a folder without a readable record has none. */
export const readRecords = (
  home: string,
): readonly { readonly folder: string; readonly record: SandboxRecord | undefined }[] => {
  const parent = sandboxesFolder(home)
  let names: readonly string[]
  try {
    names = readdirSync(parent).filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
  return names.map((name) => {
    const folder = join(parent, name)
    try {
      return { folder, record: JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')) as SandboxRecord }
    } catch {
      return { folder, record: undefined }
    }
  })
}
