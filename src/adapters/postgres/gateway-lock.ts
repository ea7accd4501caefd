import type { Database } from './database/open-database.ts'

/** The right to be the one gateway of a database, for as long as its connection lives. */
export interface GatewayLock {
  release(): Promise<void>
  /** Resolves when the connection is gone and with it the right; a gateway must then stop answering. */
  readonly lost: Promise<void>
}

const GATEWAY_LOCK = 7_164_410_023

/** Becomes the gateway of a database; undefined where there is one already. */
export async function holdGatewayLock(database: Pick<Database, 'connect'>): Promise<GatewayLock | undefined> {
  const client = await database.connect()
  const lost = new Promise<void>((resolve) => client.once('end', () => resolve()))
  const answer = await client
    .query<{ got: boolean }>('select pg_try_advisory_lock($1::bigint) as got', [GATEWAY_LOCK])
    .catch(async (error: unknown) => {
      await client.end()
      throw error
    })
  if (answer.rows[0]?.got === true) return { lost, release: () => client.end() }
  await client.end()
  return undefined
}
