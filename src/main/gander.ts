import { readFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { resolve } from 'node:path'
import process from 'node:process'
import { ganderHome, processEnvironment, runCommandLine, type CliWiring } from '#cli'
import { GanderError } from '#domain/failure'
import type { Intake } from '#ports'
import { once } from './once.ts'
import type { PlatformSettings } from './shared-parts.ts'

/** The entry of the command line; wiring only. What a command does not need is not loaded. */
const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'

const settings = (): PlatformSettings => {
  const database_url = process.env['DATABASE_URL']
  return {
    home: ganderHome({ env: process.env, platform: process.platform, user_home: homedir(), cwd: process.cwd() }),
    version,
    ...(database_url ? { database_url } : {}),
    ...sharedFolder(database_url),
  }
}

/** Several homes that share what they keep have one database, which none of them can embed. */
function sharedFolder(database_url: string | undefined): { readonly shared_home?: string } {
  const shared_home = process.env['GANDER_SHARED']
  if (!shared_home) return {}
  if (database_url) return { shared_home: resolve(shared_home) }
  throw new GanderError('usage', 'GANDER_SHARED is set, and DATABASE_URL is not.', {
    remedy: 'Set DATABASE_URL to the database of all that share the folder, or unset GANDER_SHARED.',
  })
}

/** The settings of a process that was told its database by an argument. */
function settingsFor({ database_url }: { readonly database_url?: string }): PlatformSettings {
  if (database_url !== undefined) process.env['DATABASE_URL'] = database_url
  return settings()
}

const intake = once(async (): Promise<Intake> => {
  const { createIntake } = await import('#control-plane/intake')
  return createIntake({ fetch: globalThis.fetch, token: process.env['GITHUB_TOKEN'] })
})

/** One for all of this process: what the platform registers is cut out of what is served as well. */
const redactor = once(async () => (await import('#evidence-plane/redaction')).createRedactor())

const wiring: CliWiring = {
  intake,
  redactor: async () => (await import('#evidence-plane/redaction')).createRedactor(),
  openPlatform: async ({ server }) =>
    server === undefined
      ? (await import('./open-platform.ts')).openPlatform({ ...settings(), redactor: await redactor() })
      : (await import('#api/client')).createHttpPlatform(server),
  openAdministration: async ({ server }) =>
    server === undefined
      ? (await import('./open-administration.ts')).openAdministration(settings(), userInfo().username)
      : (await import('#api/client')).createHttpAdministration(server),
  signIn: async (server, { browser, code }) => {
    const { signInByBrowser, signInByDevice } = await import('#adapters/oidc')
    const show = browser ?? (async () => {})
    return (await import('#api/client')).signInAt(server, (offer) =>
      code === undefined ? signInByBrowser({ ...offer, show }) : signInByDevice({ ...offer, show: code }),
    )
  },
  serve: async (wish) => (await import('./serve.ts')).serve({ ...settings(), redactor: await redactor() }, wish),
  controlPlane: async (wish) =>
    (await import('./control-plane.ts')).controlPlane({ ...settingsFor(wish), redactor: await redactor() }, wish),
  worker: async (wish) =>
    (await import('./worker-process.ts')).workerProcess({ ...settingsFor(wish), redactor: await redactor() }, wish),
  gateway: async (wish) => (await import('./gateway-process.ts')).gatewayProcess(settingsFor(wish), wish),
  audit: async (server) =>
    (await import('./open-audit-desk.ts')).openAuditDesk({ ...settings(), redactor: await redactor() }, server),
  examine: async () => (await import('./examine.ts')).examine(settings()),
  guests: async () => (await import('./find-guests.ts')).findGuests(settings().home, true),
  mcp: async () => (await import('./mcp-desk.ts')).createMcpDesk({ ...settings(), redactor: await redactor() }),
  capabilityProblems: async (source) => {
    const read = (await import('#control-plane/capabilities')).readCapability(source)
    return read.ok ? [] : read.refusal
  },
  policy: async (tenant, server) =>
    server === undefined
      ? (await import('./policy-desk.ts')).createPolicyDesk(settings(), tenant)
      : (await import('#api/client')).createHttpPolicyDesk(server, await import('./read-policy-words.ts')),
  drillStop: async (platform) => (await import('./drill-stop.ts')).drillStop(platform, settings().home),
  summariseLog: async (log, how) => (await import('#execution-plane/log-summary')).summariseLog(log, how),
  verification: async () =>
    (await import('./open-verification.ts')).openVerification({ ...settings(), redactor: await redactor() }),
  calibration: async () => (await import('./open-calibration.ts')).openCalibration(settings(), process.env),
  checkTests: async () => (await import('#execution-plane/test-integrity')).checkTestFolders,
  mapCommit: async () => (await import('./map-commit.ts')).createMapCommit(settings().home),
  localiseIssue: async () =>
    (await import('./localise-issue.ts')).createLocaliseIssue({
      home: settings().home,
      env: process.env,
      redactor: await redactor(),
    }),
  prepareDemo: async () => (await import('./prepare-demo.ts')).prepareDemo(settings().home, await intake()),
  recordConversation: async (platform, run) => (await import('./record-run.ts')).recordRun(platform, run),
}

process.exitCode = await runCommandLine(processEnvironment(wiring, version), process.argv.slice(2))
