import { Client, Pool, type ClientBase, type PoolConfig } from 'pg'
import { GanderError } from '#domain/failure'
import {
  ensureEmbeddedServer,
  type EmbeddedServer,
  type EmbeddedServerOptions,
} from '../embedded/ensure-embedded-server.ts'
import { allowLogin, APPLICATION_ROLE, ensureApplicationRole } from './application-role.ts'
import { migrate } from './migrate.ts'
import { checkVersion } from './check-version.ts'
import { pgFailure } from './pg-failure.ts'
import { VALUE_TYPES } from './value-types.ts'

/** Where the database is: an embedded server of a home, or the address of a PostgreSQL 15 or newer. */
export type DatabasePlace = EmbeddedServerOptions | { readonly url: string }

export interface DatabaseOptions {
  /** Most connections at once; absent means 4. */
  readonly connections?: number
  /** Name of this process in the server's views; absent means `gander`. */
  readonly application_name?: string
}

/** A migrated database, used as the application role. */
export interface Database {
  /** Connections of the application role with `search_path` set to Gander's schema; values as in value-types.ts. */
  readonly pool: Pool
  /** One more such connection outside the pool, for locks that live as long as it does. */
  connect(): Promise<Client>
  /** Closes the connections and leaves the embedded server; idempotent. */
  close(): Promise<void>
}

const PREPARATION_LOCK = 7_164_410_022

/**
 * Opens a database, makes its roles and brings its schema up to date.
 * @throws GanderError `database_unavailable`, `database_too_old`, `database_role_insufficient` and those of the server
 */
export async function openDatabase(place: DatabasePlace, options: DatabaseOptions = {}): Promise<Database> {
  const server = 'home' in place ? await ensureEmbeddedServer(place) : undefined
  const name = options.application_name ?? 'gander'
  const owner: PoolConfig = { ...(server?.owner ?? urlConfig(place)), application_name: name }
  try {
    await prepare(owner, server)
    const application = { ...(server?.application ?? owner), application_name: name, types: VALUE_TYPES }
    return open(application, server, options.connections ?? 4)
  } catch (error) {
    await server?.leave()
    throw pgFailure(error)
  }
}

function urlConfig(place: DatabasePlace): PoolConfig {
  const url = 'url' in place ? place.url : ''
  if (!/^postgres(ql)?:\/\//.test(url))
    throw new GanderError('database_unavailable', 'DATABASE_URL is not the address of a PostgreSQL database.', {
      remedy: 'Write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, or unset it to use the embedded server.',
    })
  return { connectionString: url, connectionTimeoutMillis: 10_000 }
}

/** Version, roles and schema, over one connection of the owner. */
async function prepare(config: PoolConfig, server: EmbeddedServer | undefined): Promise<void> {
  const client = new Client(config)
  client.on('error', () => {})
  try {
    await client.connect()
    await refuseOld(client)
    await client.query('select pg_advisory_lock($1::bigint)', [PREPARATION_LOCK])
    await ensureApplicationRole(client)
    if (server !== undefined) await allowLogin(client, server.application.password)
    await migrate(client)
  } finally {
    await client.end()
  }
}

async function refuseOld(client: ClientBase): Promise<void> {
  const answer = await client.query<{ number: string; name: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as name",
  )
  const row = answer.rows[0]
  if (row !== undefined) checkVersion(Number(row.number), row.name)
}

/** A stopped process must not hold locks: what it began is rolled back after ten seconds without a word from it. */
const SESSION =
  'set search_path = gander, pg_catalog; set timezone = utc; set idle_in_transaction_session_timeout = 10000'

/** A link that is cut says nothing: a statement without an answer for so long has failed, and its connection with it. */
const ANSWER_WITHIN_MS = 60_000

function open(config: PoolConfig, server: EmbeddedServer | undefined, connections: number): Database {
  const begin = async (client: ClientBase) => {
    await client.query(server === undefined ? `set role ${APPLICATION_ROLE}; ${SESSION}` : SESSION)
  }
  // The pool waits for what onConnect returns before it lends the connection; its type does not say so.
  const onConnect = begin as (client: ClientBase) => void
  const silence = { keepAlive: true, query_timeout: ANSWER_WITHIN_MS }
  const pool = new Pool({ ...config, ...silence, max: connections, idleTimeoutMillis: 0, onConnect })
  // An idle connection that breaks is replaced at the next use; who uses one hears of it from its own query.
  pool.on('error', () => {})
  // One that breaks while it is lent, between two statements, must not end the process: its next statement fails.
  pool.on('connect', (client) => client.on('error', () => {}))
  let closing: Promise<void> | undefined
  return {
    pool,
    connect: async () => {
      const client = new Client(config)
      client.on('error', () => {})
      await client.connect()
      await begin(client)
      return client
    },
    close: () => (closing ??= pool.end().then(() => server?.leave())),
  }
}
