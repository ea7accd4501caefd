import { Client } from 'pg'
import { GanderError } from '#domain/failure'
import { pgFailure } from '../database/pg-failure.ts'
import { ensureEmbeddedServer, type EmbeddedServerOptions } from '../embedded/ensure-embedded-server.ts'

/** Where the database is; as openDatabase takes it. */
export type BackupPlace = EmbeddedServerOptions | { readonly url: string }

/**
 * Works over one connection of the schema's owner, which must see every tenant's rows.
 * @throws GanderError `backup_refused` where it does not
 */
export async function asOwner<Value>(place: BackupPlace, work: (client: Client) => Promise<Value>): Promise<Value> {
  const server = 'home' in place ? await ensureEmbeddedServer(place) : undefined
  const client = new Client(server?.owner ?? { connectionString: 'url' in place ? place.url : '' })
  client.on('error', () => {})
  try {
    await client.connect()
    await refuseWeak(client)
    await client.query("set timezone = utc; set datestyle = iso; set intervalstyle = postgres; set search_path = ''")
    return await work(client)
  } catch (error) {
    throw pgFailure(error)
  } finally {
    await client.end()
    await server?.leave()
  }
}

async function refuseWeak(client: Client): Promise<void> {
  const { rows } = await client.query<{ strong: boolean }>(
    'select rolsuper as strong from pg_catalog.pg_roles where rolname = current_user',
  )
  if (rows[0]?.strong === true) return
  throw new GanderError('backup_refused', 'The user of DATABASE_URL does not see every tenant’s rows.', {
    remedy: 'Name a superuser in DATABASE_URL for this command, or back that database up with pg_dump.',
  })
}

/** A name of the schema as SQL takes it. */
export const named = (table: string): string => `gander."${table.replaceAll('"', '""')}"`
