import { processEnvironment, runCommandLine } from '#cli'
import { GanderError } from '#domain/failure'
import { readFileSync } from 'node:fs'
import process from 'node:process'

/** The entry of the command line; wiring only. What a command does not need is not loaded. */
const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
const notWired = () => Promise.reject(new GanderError('internal', 'This part is not wired yet.'))
const wiring = {
  openPlatform: notWired,
  examine: notWired,
  prepareDemo: notWired,
  recordConversation: notWired,
  intake: async () => {
    const { createIntake } = await import('#control-plane/intake')
    return createIntake({ fetch: globalThis.fetch, token: process.env['GITHUB_TOKEN'] })
  },
}
process.exitCode = await runCommandLine(processEnvironment(wiring, version), process.argv.slice(2))
