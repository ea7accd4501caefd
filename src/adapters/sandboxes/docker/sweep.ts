import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Owner, ownerStatus } from '../fence/owner.ts'
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

/** Removes containers of this home whose worker is surely dead, with their folders. Returns how many. */
export const sweepContainers = async (engine: Engine, home: string, home_id: string): Promise<number> => {
  const filter = ['--filter', `label=${HOME_LABEL}=${home_id}`, '--format', '{{.Names}}']
  const answer = await tryEngine(engine, ['ps', '--all', ...filter])
  if (answer.code !== 0) return 0
  let removed = 0
  for (const name of answer.stdout.split('\n').filter(Boolean)) {
    const owner = await ownerOf(engine, name)
    if (owner === undefined || ownerStatus(owner) !== 'dead') continue
    await removeContainer(engine, name)
    rmSync(join(home, 'containers', name), { recursive: true, force: true })
    removed += 1
  }
  return removed
}
