import { rmSync, statSync } from 'node:fs'
import { listCgroups, removeCgroup } from './limits/cgroups.ts'
import { removeScratch } from './scratch.ts'
import { isNameOfDead, ownerStatus } from '../fence/owner.ts'
import { readRecords } from './slots.ts'

/** A folder without a record is one whose worker died between two lines, or is between them right now. */
const UNRECORDED_AGE_MS = 10_000

const ageMs = (folder: string): number => {
  try {
    return Date.now() - statSync(folder).mtimeMs
  } catch {
    return 0
  }
}

/** Removes what dead workers left under this home; living ones, and those of other hosts, are not touched. */
export const sweepSandboxes = async (home: string): Promise<number> => {
  let removed = 0
  for (const { folder, record } of readRecords(home)) {
    const dead = record === undefined ? ageMs(folder) > UNRECORDED_AGE_MS : ownerStatus(record.owner) === 'dead'
    if (!dead) continue
    await Promise.all((record?.cgroups ?? []).map(removeCgroup))
    for (const scratch of record?.scratch ?? []) removeScratch(scratch)
    rmSync(folder, { recursive: true, force: true })
    removed += 1
  }
  // A home that was deleted together with its records leaves its control groups.
  for (const [name, folders] of listCgroups()) {
    if (!isNameOfDead(name)) continue
    await Promise.all(folders.map(removeCgroup))
    removed += 1
  }
  return removed
}
