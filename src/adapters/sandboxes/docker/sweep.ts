import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Owner, ownerStatus } from '../fence/owner.ts'
import { containerFolders } from './container-folder.ts'
import { type Engine, tryEngine } from './engine.ts'
import { HOME_LABEL, OWNER_LABEL, removeContainer } from './open-container.ts'

const ownerOf = async (engine: Engine, name: string): Promise<Owner | undefined> => {
  const format = `{{index .Config.Labels "${OWNER_LABEL}"}}`
  const answer = await tryEngine(engine, ['inspect', '--format', format, '--', name])
  try {
    return JSON.parse(Buffer.from(answer.stdout.trim(), 'base64url').toString('utf8')) as Owner
  } catch {
    return undefined
  }
}

/** Empty groups only: what a container ran is gone with it. */
const removeGroups = (folder: string): void => {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeGroups(join(folder, entry.name))
    rmdirSync(folder)
  } catch {
    // The engine removed it, as it should.
  }
}

/**
 * Removes containers of this home whose worker is surely dead, with their volumes, control groups and folders; and the
 * folders whose container the engine has lost. Returns how many. Where the engine does not answer, all stays for later.
 */
export const sweepContainers = async (engine: Engine, home: string, home_id: string): Promise<number> => {
  const filter = ['--filter', `label=${HOME_LABEL}=${home_id}`, '--format', '{{.Names}}']
  const answer = await tryEngine(engine, ['ps', '--all', ...filter])
  if (answer.code !== 0) return 0
  const removed = new Set<string>()
  for (const name of answer.stdout.split('\n').filter(Boolean)) {
    const owner = await ownerOf(engine, name)
    if (owner === undefined || ownerStatus(owner) !== 'dead') continue
    await removeContainer(engine, name)
    removed.add(name)
  }
  for (const { name, folder, record } of containerFolders(home)) {
    if (record.engine !== engine.name || ownerStatus(record.owner) !== 'dead') continue
    removeGroups(record.processes)
    rmSync(folder, { recursive: true, force: true })
    removed.add(name)
  }
  return removed.size
}
