import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCapabilities, type CapabilityFile } from '#control-plane/capabilities'
import { beyondGrant } from '#domain/capability'
import { GanderError } from '#domain/failure'
import type { RequestSource, Task } from '#domain/task'
import type { Capabilities, CapabilityRecords, TenantCapabilities } from '#ports'
import type { TenantId } from '#domain/ids'

/** Wires the registry of this installation: its own files below GANDER_HOME, the states in its database. */
export const openCapabilities = (home: string, records: CapabilityRecords): Capabilities =>
  createCapabilities({
    records,
    own: () => filesOf(join(home, 'capabilities')),
  })

/** A folder that is not there holds none; one that cannot be read is no reason to run without its contracts. */
async function filesOf(folder: string): Promise<readonly CapabilityFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new GanderError('capability_invalid', `${folder} cannot be read.`, { cause: error })
  })
  const files = names.filter((name) => name.endsWith('.yaml')).sort()
  return Promise.all(
    files.map(async (name) => ({
      name: name.slice(0, -'.yaml'.length),
      file: `capabilities/${name}`,
      source: await readFile(join(folder, name), 'utf8'),
    })),
  )
}

/** The registry as one tenant has it. */
export const capabilitiesOf = (registry: Capabilities, tenant: TenantId): TenantCapabilities => ({
  list: () => registry.list(tenant),
  view: (id) => registry.view(tenant, id),
  setState: (id, move) => registry.setState(tenant, id, move),
})

/**
 * The task with what its capability allows, pinned. Where the request came in is not asked again of one that starts anew.
 * @throws GanderError `capability_unknown`, `capability_disabled`, `capability_invalid`, `capability_exceeded`
 */
export async function granted(registry: Capabilities, task: Task, source?: RequestSource): Promise<Task> {
  const grant = await registry.admit(task.tenant_id, task.capability, task.requester)
  const { agent, mode, repository, review } = task
  const beyond = beyondGrant(grant, { agent, mode, repository, ...(review && { review }), ...(source && { source }) })
  if (beyond.length === 0) return { ...task, grant }
  const message = `The task is more than the capability ${grant.id} allows: ${beyond.join('; ')}.`
  throw new GanderError('capability_exceeded', message, { facts: { capability: grant.id, beyond: [...beyond] } })
}
