import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { GANDER_ERRORS, GanderError, type ErrorCode } from '#domain/failure'
import type { ModelAnswer, ModelCall, ModelGateway } from '#ports'
import { admitThrough } from './admit-guest.ts'
import { askGateway, GatewayGone, stayPresent } from './ask-gateway.ts'
import { healthOf, unavailable } from './gateway-health.ts'
import { programVersion } from './program-version.ts'
import { socketPath } from './socket-path.ts'
import { GATEWAY_ENTRY, startGateway, type StartedGateway } from './start-gateway.ts'
import { DRAINING, parseAnswer, parseRefusal, PROTOCOL, type GatewayHealth } from './wire.ts'

interface GatewayOptions {
  /** Absolute path of GANDER_HOME. */
  readonly home: string
  /** Absent means the embedded database of the home. */
  readonly database_url?: string
  /** By provider; go to the gateway's memory and nowhere else. */
  readonly keys: { readonly [provider: string]: string }
  /** Hears what is waited for. */
  readonly log?: (line: string) => void
  /** Milliseconds without a client after which a gateway that is started here ends; absent means a minute. */
  readonly idle_ms?: number
  /** Program of the gateway process; absent means Gander's own. */
  readonly entry?: string
  /** Version of the gateway that is wanted; absent means that of the program on disk. */
  readonly version?: string
}

export interface GatewayConnection {
  readonly gateway: ModelGateway
  /** Lets the gateway know that this client is gone; it goes on with what is in flight. */
  close(): Promise<void>
}

const DEFAULT_IDLE_MS = 60_000
/** The first start of a home makes its database: seconds on a slow disk. */
const START_MS = 60_000
const POLL_MS = 20
/** A child that lost the race leaves again; another is tried when its winner does not answer. */
const RESTART_MS = 1_000
/** Deaths of the gateway that one call outlives. */
const CALL_TRIES = 4
/** What a gateway may take longer than the provider: claiming, storing, recording with patience. */
const CALL_GRACE_MS = 90_000

/**
 * Connects to the database's gateway and starts one where there is none. Many callers at once end with one gateway. A
 * gateway of another program version is asked to drain and replaced. When the gateway dies the next call brings up a
 * new one and asks it for the same key, which then knows whether the outcome can be known.
 * @throws GanderError `gateway_unavailable`, and what its process fails with, such as `database_unavailable`
 */
export async function ensureGateway(options: GatewayOptions): Promise<GatewayConnection> {
  await mkdir(options.home, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new GanderError('storage_unwritable', `${options.home} cannot be made.`, { cause: error })
  })
  const path = await socketPath(options.home, options.database_url)
  let leave = await connect(path, options, options.version ?? programVersion())
  let reconnecting: Promise<void> | undefined
  let closed = false

  const reconnect = (): Promise<void> => {
    reconnecting ??= (async () => {
      leave()
      leave = await connect(path, options, undefined)
      if (closed) leave()
    })().finally(() => {
      reconnecting = undefined
    })
    return reconnecting
  }

  return {
    gateway: {
      call: (call, signal) => callThrough({ path, keys: options.keys, reconnect }, call, signal),
      admit: (admission) => admitThrough({ path, reconnect }, admission),
    },
    close: async () => {
      closed = true
      leave()
    },
  }
}

interface Line {
  readonly path: string
  readonly keys: GatewayOptions['keys']
  readonly reconnect: () => Promise<void>
}

async function callThrough(line: Line, call: ModelCall, signal: AbortSignal | undefined): Promise<ModelAnswer> {
  let failure: unknown
  for (let attempt = 0; attempt < CALL_TRIES; attempt++) {
    const overdue = AbortSignal.timeout(call.timeout_ms + CALL_GRACE_MS)
    try {
      const answer = await post(line.path, call, signal === undefined ? overdue : AbortSignal.any([signal, overdue]))
      const was_lost = answer?.status === 'failed' && answer.kind === 'key_missing' && call.model.provider in line.keys
      if (answer !== undefined && !(was_lost && attempt === 0)) return answer
    } catch (error) {
      signal?.throwIfAborted()
      if (overdue.aborted) throw unavailable(`did not answer call ${call.call_key} in time`, error)
      if (!(error instanceof GatewayGone)) throw error
      failure = error
    }
    await line.reconnect()
  }
  throw unavailable(`went away ${CALL_TRIES} times during call ${call.call_key}`, failure)
}

/** Undefined when the gateway is being replaced. */
async function post(path: string, call: ModelCall, signal: AbortSignal): Promise<ModelAnswer | undefined> {
  const { status, text } = await askGateway({ path, method: 'POST', at: '/calls', content: call, signal })
  if (status === 200) return parseAnswer(text)
  const refusal = parseRefusal(text)
  if (refusal.code === DRAINING) return undefined
  const code: ErrorCode = refusal.code in GANDER_ERRORS ? (refusal.code as ErrorCode) : 'gateway_unavailable'
  throw new GanderError(code, refusal.message, { retryable: refusal.retryable })
}

/**
 * Finds or starts a gateway, hands it the keys and stays present; returns how to leave. A `version` is asked for only
 * when a client begins: afterwards any gateway of the same protocol will do, so that two versions in use at once don't
 * replace each other's gateway for ever.
 */
async function connect(path: string, options: GatewayOptions, version: string | undefined): Promise<() => void> {
  const starter = createStarter(path, options)
  let asked_to_drain = false
  let deadline = Date.now() + START_MS
  while (Date.now() < deadline) {
    const health = await healthOf(path)
    if (health === undefined) starter.start()
    else if (health.draining) {
      deadline = Date.now() + START_MS
      starter.waitFor(health)
    } else if (version !== undefined && !asked_to_drain && !starter.started && !fits(health, version)) {
      options.log?.('Replacing the model gateway of another version.')
      asked_to_drain = true
      await askGateway({ path, method: 'POST', at: '/drain' }).catch(() => undefined)
    } else if (health.protocol !== PROTOCOL) {
      throw unavailable('was replaced by one of another version; start this command again')
    } else {
      const leave = await introduce(path, options.keys)
      if (leave !== undefined) return leave
    }
    await sleep(POLL_MS)
  }
  throw unavailable(
    `did not answer within ${START_MS / 1_000} s. If DATABASE_URL is set, another GANDER_HOME may have its gateway`,
  )
}

const fits = (health: GatewayHealth, version: string): boolean =>
  health.protocol === PROTOCOL && health.version === version

/** Starts one process at a time and reports why it failed. */
function createStarter(path: string, options: GatewayOptions) {
  let child: StartedGateway | undefined
  let started_at = 0
  let waiting = false
  const settings = {
    home: options.home,
    socket: path,
    idle_ms: options.idle_ms ?? DEFAULT_IDLE_MS,
    ...(options.database_url === undefined ? {} : { database_url: options.database_url }),
  }
  return {
    get started() {
      return child !== undefined
    },
    start(): void {
      if (child !== undefined && child.exit_code === null) return
      if (child !== undefined && child.exit_code !== 0) throw child.failure()
      if (Date.now() - started_at < RESTART_MS) return
      started_at = Date.now()
      child = startGateway(options.entry ?? GATEWAY_ENTRY, settings)
    },
    waitFor(health: GatewayHealth): void {
      if (!waiting) options.log?.(`Waiting for the previous model gateway to finish ${health.open} calls.`)
      waiting = true
    },
  }
}

async function introduce(path: string, keys: GatewayOptions['keys']): Promise<(() => void) | undefined> {
  try {
    const leave = await stayPresent(path)
    await askGateway({ path, method: 'PUT', at: '/keys', content: keys })
    return leave
  } catch {
    return undefined
  }
}
