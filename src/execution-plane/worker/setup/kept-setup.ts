import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonObject } from '#domain/json'
import type { Trust } from '#domain/task'
import type { RestoredSetup, SetupCacheKey } from '#ports'
import { limitsOf } from '#execution-plane/sandbox'
import { need, type Execution } from '../execution.ts'

/** From most to least trusted. */
const ORDER: readonly Trust[] = ['operator', 'merged', 'member', 'outsider', 'unknown', 'tool_output']
/** Whose runs may leave a setup behind; the others only use what these left. */
const KEEPERS: readonly Trust[] = ['operator', 'merged', 'member']

/** A kept setup for these inputs in the sandbox of this machine. */
export type SetupDigest = string & { readonly digest: true }

/** Binds the inputs of a setup to what its commands run on. Undefined where there is no cache. */
export async function setupDigest(execution: Execution, inputs: string): Promise<SetupDigest | undefined> {
  const { parts, run } = execution
  if (parts.setups === undefined) return undefined
  const checkout = join(parts.runs_folder, run.id, 'empty')
  await mkdir(checkout, { recursive: true, mode: 0o755 })
  const limits = limitsOf(need(execution, 'sandbox'))
  const spec = { run_id: run.id, purpose: 'work', checkout, setup_layer: null, writable: { kind: 'memory' } } as const
  const sandbox = await parts.driver.open({ ...spec, limits })
  try {
    const text = ['gander.setup.v1', parts.driver.name, sandbox.fingerprint, inputs].join('\n')
    return createHash('sha256').update(text).digest('hex') as SetupDigest
  } finally {
    await sandbox.close()
    await rm(checkout, { recursive: true, force: true })
  }
}

/**
 * Copies what an earlier run of the same tenant kept: one as trusted as this run, or more. What a less trusted run kept is
 * never looked at. `refused` names every entry on the way that was not what its key says.
 */
export async function useKept(
  { parts, task }: Execution,
  digest: SetupDigest,
  layer_path: string,
): Promise<{
  readonly restored: Extract<RestoredSetup, { kind: 'restored' }> | undefined
  readonly refused: readonly string[]
}> {
  const refused: string[] = []
  for (const trust of ORDER.slice(0, ORDER.indexOf(task.trust) + 1).toReversed()) {
    await rm(layer_path, { recursive: true, force: true })
    const answer = await parts.setups?.restore({ tenant: task.tenant_id, trust, digest }, layer_path)
    if (answer?.kind === 'restored') return { restored: answer, refused }
    if (answer?.kind === 'refused') refused.push(`${trust}: ${answer.reason}`)
  }
  return { restored: undefined, refused }
}

/** Keeps a finished setup for later runs, where this one is trusted enough; tells what came of it. */
export async function keepSetup(
  { parts, task }: Execution,
  digest: SetupDigest,
  layer_path: string,
): Promise<JsonObject> {
  if (!KEEPERS.includes(task.trust))
    return { cache: 'not_kept', cache_reason: `a run of trust ${task.trust} keeps nothing` }
  const key: SetupCacheKey = { tenant: task.tenant_id, trust: task.trust, digest }
  const kept = await parts.setups?.keep(key, layer_path)
  return {
    cache: kept === 'kept' ? 'kept' : 'not_kept',
    ...(kept !== 'kept' && { cache_reason: kept ?? 'there is none' }),
  }
}
