/**
 * Installs the coding agents that tests start as guests into the user's cache (or GANDER_GUESTS_CACHE), outside the
 * repository: each into a folder of its own, pinned to the version that was tried. `node scripts/install-guests.ts [ID…]`;
 * what is there whole stays, what was broken off is made anew.
 */
import { homedir } from 'node:os'
import process from 'node:process'
import { GUEST_PROGRAMS, guestCache } from '#adapters/guests'
import { KNOWN_GUESTS, type KnownGuest } from '#domain/task'
import { installProgram, installWithNpm } from './guest-installation.ts'

const cache = guestCache({ env: process.env, user_home: homedir() })

async function install(id: KnownGuest): Promise<string> {
  const started = Date.now()
  const { package: name, tried: version, program } = GUEST_PROGRAMS[id]
  try {
    const done = await installProgram(cache, { id, package: name, version, program }, installWithNpm)
    return `${id}: ${done}, ${name} ${version}, ${((Date.now() - started) / 1000).toFixed(1)} s`
  } catch (error) {
    process.exitCode = 1
    return `${id}: could not be installed: ${error instanceof Error ? error.message : String(error)}`
  }
}

const isKnown = (id: string): id is KnownGuest => (KNOWN_GUESTS as readonly string[]).includes(id)

const named = process.argv.slice(2)
for (const id of named.length === 0 ? KNOWN_GUESTS : named) {
  if (isKnown(id)) console.log(await install(id))
  else {
    process.exitCode = 1
    console.log(`${id}: unknown; there are ${KNOWN_GUESTS.join(', ')}`)
  }
}
