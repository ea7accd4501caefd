import { GanderError } from '#domain/failure'
import { askGateway, GatewayGone } from './ask-gateway.ts'
import { parseHealth, type GatewayHealth } from './wire.ts'

/** A gateway answers this at once; one that doesn't is stopped, or is something else. */
const HEALTH_MS = 15_000

/** What the gateway at a socket says about itself; undefined when nobody listens. @throws GanderError `gateway_unavailable` */
export async function healthOf(path: string): Promise<GatewayHealth | undefined> {
  try {
    const signal = AbortSignal.timeout(HEALTH_MS)
    const { text } = await askGateway({ path, method: 'GET', at: '/health', signal })
    return parseHealth(text)
  } catch (error) {
    if (error instanceof GatewayGone) return undefined
    throw unavailable(`at ${path} is there but does not answer as it should`, error)
  }
}

/** Whether a gateway takes calls at a socket. */
export async function isServed(path: string): Promise<'served' | 'draining' | 'nobody'> {
  const health = await healthOf(path)
  if (health === undefined) return 'nobody'
  return health.draining ? 'draining' : 'served'
}

/** The gateway cannot be used now; trying again may help. */
export const unavailable = (why: string, cause?: unknown): GanderError =>
  new GanderError('gateway_unavailable', `The model gateway ${why}.`, { cause, retryable: true })
