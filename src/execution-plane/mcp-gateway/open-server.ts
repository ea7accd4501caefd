import { mkdir } from 'node:fs/promises'
import { neutralise } from '#domain/text'
import { nestsTooDeep } from '#execution-plane/tool-gateway'
import { isGanderError } from '#domain/failure'
import type { Json } from '#domain/json'
import {
  DEFAULT_SANDBOX_LIMITS,
  ForeignServerError,
  type ForeignIdentity,
  type ForeignOffer,
  type ForeignServer,
  type ForeignServers,
  type Sandbox,
  type SandboxDriver,
  type SandboxProcess,
} from '#ports'
import type { McpServerConfiguration } from './configuration.ts'
import { pinOf } from './pin.ts'

/** A tool server's process lives at most this long. */
const MAX_LIFE_MS = 4 * 3600_000
const LIMITS = { ...DEFAULT_SANDBOX_LIMITS, memory_bytes: 1024 ** 3, cpus: 1, pids: 64, upper_bytes: 256 * 1024 ** 2 }
const MAX_ITEMS = 500

/** What starts servers. */
export interface ServerGround {
  readonly driver: SandboxDriver
  readonly servers: ForeignServers
}

/** For whom a server is started, and an empty folder of its own. */
export interface ServerPlace {
  readonly identity: ForeignIdentity
  readonly folder: string
}

/** A server that runs, with what it offered when it was started. */
export interface OpenServer {
  readonly foreign: ForeignServer
  readonly offer: ForeignOffer
  readonly pin: string
  /** Lists everything again: what is offered now, which may be something else. @throws ForeignServerError */
  look(): Promise<SeenOffer>
  close(): Promise<void>
}

/** What a server offered when it was asked. */
export interface SeenOffer {
  readonly offer: ForeignOffer
  readonly pin: string
}

/**
 * Starts a server in a sandbox of its own: no network, no variables beyond the sandbox's, no tree but an empty one,
 * and of the host only the folders its configuration names. @throws ForeignServerError
 */
export async function openServer(
  ground: ServerGround,
  server: McpServerConfiguration,
  place: ServerPlace,
): Promise<OpenServer> {
  const sandbox = await openSandbox(ground, server, place)
  try {
    return await speak(ground, server, { sandbox, place })
  } catch (error) {
    await sandbox.close().catch(() => undefined)
    throw asForeign(error)
  }
}

async function openSandbox({ driver }: ServerGround, server: McpServerConfiguration, place: ServerPlace) {
  try {
    await mkdir(place.folder, { recursive: true })
    return await driver.open({
      run_id: place.identity.run_id,
      purpose: 'tool_server',
      checkout: place.folder,
      setup_layer: null,
      writable: { kind: 'memory' },
      limits: LIMITS,
      read_only: server.read_only,
    })
  } catch (error) {
    throw asForeign(error)
  }
}

interface Housed {
  readonly sandbox: Sandbox
  readonly place: ServerPlace
}

async function speak(
  { servers }: ServerGround,
  server: McpServerConfiguration,
  { sandbox, place }: Housed,
): Promise<OpenServer> {
  const limit = server.timeout_s * 1000
  const process = await sandbox.start({
    argv: server.command,
    timeout_ms: MAX_LIFE_MS,
    network: { kind: 'none' },
  })
  try {
    const foreign = await servers.overProcess(process, limit, place.identity)
    const look = async (): Promise<SeenOffer> => {
      const offer = await foreign.offer(limit)
      checkSize(offer)
      return { offer, pin: pinOf(offer) }
    }
    return {
      foreign,
      ...(await look()),
      look,
      close: async () => {
        await foreign.close().catch(() => undefined)
        await sandbox.close()
      },
    }
  } catch (error) {
    await process.kill().catch(() => undefined)
    throw withLastWords(error, process)
  }
}

function checkSize(offer: ForeignOffer): void {
  if (nestsTooDeep(offer as unknown as Json)) throw new ForeignServerError('protocol', 'its lists nest too deeply')
  if (offer.tools.length + offer.prompts.length + offer.resources.length > MAX_ITEMS)
    throw new ForeignServerError('too_large', `it offers more than ${MAX_ITEMS} things`)
}

/** A server that does not come up mostly says why on its standard error. */
function withLastWords(error: unknown, process: SandboxProcess): unknown {
  const words = neutralise(process.errors().trim()).slice(-300)
  if (!(error instanceof ForeignServerError) || words === '') return error
  return new ForeignServerError(error.failure, `${error.message}; it said: ${words}`)
}

function asForeign(error: unknown): unknown {
  if (!isGanderError(error)) return error
  return new ForeignServerError('closed', `no sandbox could be opened for it: ${error.message}`)
}
