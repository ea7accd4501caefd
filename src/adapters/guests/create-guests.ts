import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GUEST_APIS, KNOWN_GUESTS, type KnownGuest, type ModelApi } from '#domain/task'
import { DEFAULT_SANDBOX_LIMITS, type FoundGuest, type Guests, type GuestSighting, type SandboxDriver } from '#ports'
import { GUEST_PROGRAMS } from './guest-programs.ts'
import { guestCache, locateProgram, type SearchPlaces } from './locate-program.ts'

const ANSWER_MS = 30_000
const ALL_APIS: readonly ModelApi[] = ['anthropic', 'openai-chat', 'openai-responses', 'google']

interface GuestsWish extends SearchPlaces {
  /** Absolute path of the Node program that guests written for it are started with. */
  readonly node: string
  /** Makes the driver in whose sandbox a found program is asked for its version; absent: only its package's manifest tells. */
  readonly driver?: () => Promise<SandboxDriver>
}

/** Finds known guests by their id, and any other program by its name. */
export function createGuests(wish: GuestsWish): Guests {
  return {
    find: (id) => find(id, wish),
    list: async () => {
      const sightings: GuestSighting[] = []
      // One after another: a start takes a whole CPU for a second.
      for (const id of KNOWN_GUESTS) sightings.push(await ask(await find(id, wish), wish))
      return sightings
    },
  }
}

const isKnown = (id: string): id is KnownGuest => (KNOWN_GUESTS as readonly string[]).includes(id)

async function find(id: string, wish: GuestsWish): Promise<GuestSighting> {
  const known = isKnown(id) ? GUEST_PROGRAMS[id] : undefined
  const apis = isKnown(id) ? GUEST_APIS[id] : ALL_APIS
  const located = await locateProgram(known?.program ?? id, wish, wish.node)
  if (located !== undefined) {
    const { where, version, argv, read_only } = located
    return { id, apis, where, found: { id, version: version ?? 'unknown', argv, read_only }, reason: null }
  }
  const way =
    known === undefined
      ? 'Put its folder on PATH or name it in GANDER_AGENTS_PATH.'
      : `Install it with \`npm install --prefix ${join(guestCache(wish), id)} ${known.package}@${known.tried}\`, or put \`${known.program}\` on PATH.`
  return { id, apis, where: null, found: null, reason: `There is no program \`${known?.program ?? id}\`. ${way}` }
}

/** Starts a found program in a sandbox without a network and asks for its version. */
async function ask(sighting: GuestSighting, { driver }: GuestsWish): Promise<GuestSighting> {
  const { found } = sighting
  if (found === null || driver === undefined) return sighting
  try {
    const said = await versionOf(found, await driver())
    if (said !== undefined) return { ...sighting, found: { ...found, version: said } }
    return { ...sighting, reason: 'It was found and does not answer to --version in a sandbox. Install it again.' }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...sighting, reason: `It was found and could not be tried in a sandbox: ${why}` }
  }
}

async function versionOf({ argv, read_only }: FoundGuest, driver: SandboxDriver): Promise<string | undefined> {
  const checkout = await mkdtemp(join(tmpdir(), 'gander-agents-'))
  try {
    const sandbox = await driver.open({
      run_id: 'agents',
      purpose: 'guest',
      checkout,
      setup_layer: null,
      writable: { kind: 'memory' },
      limits: DEFAULT_SANDBOX_LIMITS,
      read_only,
    })
    try {
      const request = { timeout_ms: ANSWER_MS, output_bytes: 64 * 1024, network: { kind: 'none' } } as const
      const { exit_code, stdout, stderr } = await sandbox.exec({ ...request, argv: [...argv, '--version'] })
      return exit_code === 0 ? /\d+\.\d+[\w.+-]*/.exec(`${stdout}\n${stderr}`)?.[0].slice(0, 60) : undefined
    } finally {
      await sandbox.close()
    }
  } finally {
    await rm(checkout, { recursive: true, force: true })
  }
}
