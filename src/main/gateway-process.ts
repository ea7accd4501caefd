import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import process from 'node:process'
import { ensureGateway, fingerprintOf, gatewayInFront, isServed, socketPath } from '#adapters/gateway-socket'
import type { GatewayWish, Standing } from '#cli'
import { GanderError } from '#domain/failure'
import { awaitDatabase } from './await-database.ts'
import { gatewayCertificate } from './gateway-certificate.ts'
import { processLog } from './process-log.ts'
import { keptHome, type PlatformSettings } from './shared-parts.ts'
import { systemClock } from './system-clock.ts'

const LOOK_MS = 100
/** Without any client it stays all the same: whoever started it ends it. */
const NEVER_IDLE_MS = 365 * 24 * 3_600_000

/** The model gateway in front of its starter: what it logs goes to standard output. */
export async function gatewayProcess(settings: PlatformSettings, { keys, listen }: GatewayWish): Promise<Standing> {
  const tell = processLog('gateway')
  const home = keptHome(settings)
  await mkdir(home, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new GanderError('storage_unwritable', `${home} cannot be made.`, { cause: error })
  })
  const remote = listen && { ...listen, ...(await gatewayCertificate(home)) }
  const database = await awaitDatabase(settings, { tell: (what) => tell('waiting', { what }) })
  const { database_url } = settings
  const address = database_url === undefined ? {} : { database_url }
  const socket = await socketPath(home, database_url)
  if ((await isServed(socket)) === 'served') {
    await database.close()
    throw new GanderError('gateway_unavailable', 'A model gateway serves this database already.', {
      remedy: 'Nothing is to be done; end the other one first where this one is to stand in front.',
    })
  }
  const child = gatewayInFront({ home, socket, idle_ms: NEVER_IDLE_MS, ...address, ...(remote && { remote }) })
  const gone = once(child, 'exit').then(() => undefined)
  while ((await isServed(socket)) !== 'served') {
    if (child.exitCode !== null || child.signalCode !== null) {
      await database.close()
      throw new GanderError('gateway_unavailable', 'The model gateway did not start; its last line says why.')
    }
    await systemClock.sleep(LOOK_MS)
  }
  const present = await ensureGateway({ home, keys, ...address })
  return {
    about: [
      `the model gateway answers at ${socket}`,
      ...(remote === undefined
        ? []
        : [
            `other hosts: --gateway https://${remote.host}:${remote.port} --gateway-fingerprint ${fingerprintOf(remote.cert)}`,
          ]),
    ],
    ended: gone,
    close: async () => {
      await present.close()
      child.kill('SIGTERM')
      process.once('exit', () => child.kill('SIGKILL'))
      await gone
      await database.close()
    },
  }
}
