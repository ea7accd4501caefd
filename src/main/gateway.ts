/** The model gateway's process: reads its settings from standard input, becomes the database's gateway, and serves. */
import { readFile } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createFilesystemArtifacts, tenantHome } from '#adapters/artifacts/filesystem'
import {
  forwardRequest,
  isServed,
  programVersion,
  readSettings,
  serveGateway,
  type GatewaySettings,
} from '#adapters/gateway-socket'
import { createModelProvider, createPriceTable } from '#adapters/models'
import {
  createExchangeJournal,
  createGuestBudget,
  createRunCancellations,
  createSwitches,
  holdGatewayLock,
  openDatabase,
  type Database,
  type GatewayLock,
} from '#adapters/postgres'
import { createSwitchBoard, guardGuestBudget, guardModelCalls } from '#control-plane/kill-switch'
import { GanderError, isGanderError } from '#domain/failure'
import { createRedactor } from '#evidence-plane/redaction'
import {
  createGuestDesk,
  createModelRules,
  createModelExchange,
  type GuestDesk,
  type ModelExchange,
} from '#execution-plane/model-gateway'
import { identifiers, systemClock } from './system-clock.ts'
import { workerTokens } from './worker-tokens.ts'

/** How long a second gateway waits for the first to go; a draining one is waited for as long as it drains. */
const LOCK_PATIENCE_MS = 20_000
const LOCK_POLL_MS = 100

process.title = 'gander-gateway'
try {
  await main(readSettings(await text(process.stdin)))
  process.exit(0)
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  if (isGanderError(error)) log('gateway_failed', { code: error.code, message, remedy: error.remedy })
  else log('gateway_failed', { code: 'gateway_unavailable', message })
  process.exit(1)
}

async function main(settings: GatewaySettings): Promise<void> {
  const { home, database_url, socket: path, idle_ms } = settings
  const version = programVersion()
  if ((await isServed(path)) === 'served') return
  const database = await openDatabase(database_url === undefined ? { home } : { url: database_url }, {
    application_name: 'gander-gateway',
  })
  const lock = await takeLock(database, path)
  if (lock === undefined) return database.close()
  const journal = createExchangeJournal({ database })
  const switches = createSwitchBoard({ switches: createSwitches({ database, identifiers }), clock: systemClock })
  const budget = guardGuestBudget(createGuestBudget({ database }), switches)
  const abandoned = (await journal.abandon()) + (await budget.abandon())
  const provider = createModelProvider()
  const artifacts = (tenant: string) => createFilesystemArtifacts({ home: tenantHome(home, tenant) })
  const rules = createModelRules(() => policyFile(home))
  const shared = { artifacts, redactor: createRedactor(), clock: systemClock, rules }
  const exchange = createModelExchange({ ...shared, journal, budget, provider })
  const host = withSwitches(
    exchange,
    guardModelCalls({
      answer: (call, cut) => exchange.answer(call, cut),
      check: switches,
      cancelledBy: createRunCancellations({ database }),
    }),
  )
  const desk = createGuestDesk({ ...shared, budget, forward: forwardRequest, prices: createPriceTable({ home }) })
  const served = await serveGateway({
    path,
    version,
    idle_ms,
    host: withKeysFor(
      host,
      desk,
      (providers) => void provider.warm(providers).then(flushCompileCache, () => undefined),
    ),
    ...(settings.remote && { remote: { ...settings.remote, admits: workerTokens(database) } }),
    guests: { admit: (admission) => desk.admit(admission), exchanges: (start) => budget.exchanges(start) },
    log,
  })
  log('gateway_started', { version, abandoned })
  flushCompileCache()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => served.drain())
  // Without a listener the signal would end this process, now that it opens no debugger.
  process.on('SIGUSR1', () => undefined)
  const keeper = keepLock(database, lock)
  const end = await Promise.race([served.ended, keeper.lost])
  log('gateway_ended', { why: end })
  await keeper.release()
  await switches.close()
  await database.close()
}

/** The same exchange, whose calls ask the switches first. */
function withSwitches(exchange: ModelExchange, answer: ModelExchange['answer']): ModelExchange {
  return {
    get open() {
      return exchange.open
    },
    answer,
    takeKeys: (keys) => exchange.takeKeys(keys),
    holds: (call_key) => exchange.holds(call_key),
    drained: () => exchange.drained(),
  }
}

/** The operator's policy for models; undefined where none was written. Any other failure refuses all calls. */
async function policyFile(home: string): Promise<{ readonly text: string; readonly origin: string } | undefined> {
  const origin = join(home, 'model-policy.yaml')
  try {
    return { text: await readFile(origin, 'utf8'), origin }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The same exchange, whose keys go to the guests' desk as well; a key says that its provider will be asked. */
function withKeysFor(
  host: ModelExchange,
  desk: Pick<GuestDesk, 'takeKeys'>,
  expect: (providers: readonly string[]) => void,
): ModelExchange {
  return {
    ...host,
    get open() {
      return host.open
    },
    takeKeys(keys) {
      host.takeKeys(keys)
      desk.takeKeys(keys)
      const providers = Object.keys(keys).filter((provider) => keys[provider] !== '')
      if (providers.length > 0) expect(providers)
    },
  }
}

/** The lock; undefined when another gateway serves already. */
async function takeLock(database: Database, path: string): Promise<GatewayLock | undefined> {
  let deadline = Date.now() + LOCK_PATIENCE_MS
  while (Date.now() < deadline) {
    const lock = await holdGatewayLock(database)
    if (lock !== undefined) return lock
    const state = await isServed(path)
    if (state === 'served') return undefined
    if (state === 'draining') deadline = Date.now() + LOCK_PATIENCE_MS
    await systemClock.sleep(LOCK_POLL_MS)
  }
  throw new GanderError(
    'gateway_unavailable',
    'Another model gateway serves this database, from another GANDER_HOME.',
    {
      remedy: 'Use the same GANDER_HOME for one DATABASE_URL, or end the other gateway.',
    },
  )
}

/**
 * Holds the lock over restarts of the database: what is in flight must not become unknown because a connection broke.
 * `lost` resolves when another gateway has the lock, or when the database stays away.
 */
function keepLock(database: Database, first: GatewayLock): { lost: Promise<'lock_lost'>; release(): Promise<void> } {
  let current = first
  let released = false
  const watch = async (): Promise<'lock_lost'> => {
    while (true) {
      await current.lost
      if (released) return new Promise(() => {})
      const again = await retake(database)
      if (again === undefined) return 'lock_lost'
      current = again
    }
  }
  return {
    lost: watch(),
    release: async () => {
      released = true
      await current.release().catch(() => undefined)
    },
  }
}

async function retake(database: Database): Promise<GatewayLock | undefined> {
  for (let waited = 0; waited < LOCK_PATIENCE_MS; waited += LOCK_POLL_MS) {
    try {
      return await holdGatewayLock(database)
    } catch {
      await systemClock.sleep(LOCK_POLL_MS)
    }
  }
  return undefined
}

function log(event: string, facts: Readonly<Record<string, string | number>> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), pid: process.pid, event, ...facts })}\n`)
}
