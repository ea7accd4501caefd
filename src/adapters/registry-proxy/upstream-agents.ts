import { Agent, type AgentOptions } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Destination, dial } from './dial.ts'
import type { DoorSettings } from './door-settings.ts'
import { upstreamFor } from './upstream.ts'

/** A connection that was not made because its address may not be dialled. */
export class ForbiddenAddress extends Error {}

type Made = (error: Error | null, socket: Socket) => void

const CONNECTIONS: AgentOptions = { keepAlive: true, maxSockets: 32, maxFreeSockets: 8, timeout: 30_000 }

/** Connections to one destination, each resolved, checked and dialled on its own. */
class DestinationAgent extends Agent {
  readonly #to: Destination
  readonly #settings: DoorSettings

  constructor(to: Destination, settings: DoorSettings) {
    super(CONNECTIONS)
    this.#to = to
    this.#settings = settings
  }

  override createConnection(_options: unknown, made?: unknown): undefined {
    // Node's types leave the callback out; it is `(error, socket)` since the first release of Agent.
    const report = made as Made
    this.#connect().then(
      (socket) => report(null, socket),
      (error: unknown) => report(error instanceof Error ? error : new Error(String(error)), undefined as never),
    )
  }

  async #connect(): Promise<Socket> {
    const { environment, network, trusted } = this.#settings
    const dialled = await dial(this.#to, upstreamFor(environment, this.#to), network, trusted)
    if (!dialled.ok) {
      const { forbidden, why } = dialled.refusal
      throw forbidden ? new ForbiddenAddress(why) : new Error(why)
    }
    if (this.#to.scheme === 'http') return dialled.value
    const { host } = this.#to
    return connectTls({
      socket: dialled.value,
      host,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(trusted === '' ? {} : { ca: trusted }),
    })
  }
}

/** How a request gets to its destination. */
interface Way {
  readonly agent: Agent
  /** What stands in front of the path where a proxy of the machine takes plain requests; empty everywhere else. */
  readonly prefix: string
  readonly headers: { readonly [name: string]: string }
}

const wayTo = (to: Destination, settings: DoorSettings): Way => {
  const agent = new DestinationAgent(to, settings)
  const proxy = to.scheme === 'http' ? upstreamFor(settings.environment, to) : undefined
  if (proxy === undefined) return { agent, prefix: '', headers: {} }
  const { authorization } = proxy
  const headers = authorization === undefined ? {} : { 'proxy-authorization': authorization }
  return { agent, prefix: `http://${to.host}${to.port === 80 ? '' : `:${to.port}`}`, headers }
}

/** One pool of connections for each destination of a door. */
export const openUpstreamAgents = (settings: DoorSettings) => {
  const ways = new Map<Destination, Way>()
  return {
    wayTo: (to: Destination): Way => {
      const way = ways.get(to) ?? wayTo(to, settings)
      ways.set(to, way)
      return way
    },
    close: (): void => {
      for (const { agent } of ways.values()) agent.destroy()
    },
  }
}
