import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import { DEFAULT_SANDBOX_PROFILE, type SandboxProfile } from '#domain/sandbox'
import { readSandboxProfile, sealSandboxProfile } from '#execution-plane/sandbox'
import type { RunOrder } from '#ports'

/**
 * The profile an order names or gives. Without one, this installation's `default` where it has written one, and the
 * built-in one where it has not. @throws GanderError `sandbox_profile_invalid`
 */
export async function sandboxProfile(home: string, chosen: RunOrder['sandbox']): Promise<SandboxProfile> {
  if (chosen === undefined || (chosen.kind === 'named' && chosen.id === DEFAULT_SANDBOX_PROFILE.id)) {
    const own = join(home, 'sandbox-profiles', `${DEFAULT_SANDBOX_PROFILE.id}.yaml`)
    if (!existsSync(own)) return sealSandboxProfile(DEFAULT_SANDBOX_PROFILE)
    return sandboxProfile(home, { kind: 'given', source: await readFile(own, 'utf8') })
  }
  const [source, origin] =
    chosen.kind === 'given' ? [chosen.source, 'the given sandbox profile'] : await named(home, chosen.id)
  const read = readSandboxProfile(source, origin)
  if (!read.ok) throw new GanderError('sandbox_profile_invalid', read.refusal.message)
  return read.value
}

async function named(home: string, id: string): Promise<readonly [source: string, origin: string]> {
  const origin = `sandbox-profiles/${id}.yaml`
  const source = /^[a-z][a-z0-9-]{0,60}$/.test(id)
    ? await readFile(join(home, origin), 'utf8').catch(() => undefined)
    : undefined
  if (source === undefined)
    throw new GanderError('sandbox_profile_invalid', `There is no sandbox profile ${id}.`, {
      remedy: `Write GANDER_HOME/${origin}, or give a file with --sandbox-profile.`,
    })
  return [source, origin]
}
