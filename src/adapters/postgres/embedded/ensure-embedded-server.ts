import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { GanderError } from '#domain/failure'
import { APPLICATION_ROLE } from '../database/application-role.ts'
import type { PgConfig } from '../pg-config.ts'
import { findBinaries, type PostgresBinaries } from './binaries.ts'
import { prepareFolders, type ClusterFolders } from './cluster-folders.ts'
import { ensureCredentials, type Credentials } from './credentials.ts'
import { initialiseCluster, OWNER_ROLE } from './initialise-cluster.ts'
import { joinServer, presenceName, type Presence } from './presence.ts'
import { startServer, type Launch } from './start-server.ts'
import { folderFailure } from './storage-failure.ts'

/** A running server of this home, shared with every other process that has not left it. */
export interface EmbeddedServer {
  readonly owner: PgConfig
  readonly application: PgConfig
  /** Ends this process's share; the last one to leave stops the server. */
  leave(): Promise<void>
}

export interface EmbeddedServerOptions {
  readonly home: string
  /** Told in a sentence what is being waited for. */
  readonly log?: (line: string) => void
  /** Stops the server when the process that started it ends; for tests. Absent: it outlives its starter. */
  readonly dies_with_parent?: boolean
  /** Server settings beside the platform's own; absent means PostgreSQL's defaults. */
  readonly settings?: Readonly<Record<string, string>>
}

const PATIENCE_MS = 60_000
const PAUSE_MS = 30

/**
 * Joins the server of a home, and starts it where none runs. Nobody owns it: any number of processes may call this at
 * once, one of them starts it, all hold a shared advisory lock, and a server whose processes were all killed is adopted.
 * @throws GanderError `storage_full`, `storage_unwritable`, `database_unavailable`, `tool_missing`
 */
export async function ensureEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const folders = await prepareFolders(options.home)
  const credentials = await ensureCredentials(folders.credentials).catch((error: unknown) => {
    throw folderFailure(error, folders.root)
  })
  const configs = configsOf(folders, credentials)
  const connect = () => connectOrStart({ options, folders, credentials, server: configs.server })
  const presence: Presence = await joinServer(connect)
  return { owner: configs.owner, application: configs.application, leave: () => presence.leave() }
}

function configsOf(folders: ClusterFolders, credentials: Credentials) {
  const at = { host: folders.socket, port: 5432 }
  const owner = { ...at, user: OWNER_ROLE, password: credentials.owner }
  return {
    server: { ...owner, database: 'postgres' },
    owner: { ...owner, database: 'gander' },
    application: { ...at, user: APPLICATION_ROLE, password: credentials.application, database: 'gander' },
  }
}

interface Joining {
  readonly options: EmbeddedServerOptions
  readonly folders: ClusterFolders
  readonly credentials: Credentials
  readonly server: PgConfig
}

/** Connects as the owner; where nobody listens it starts the server, where one comes up or goes down it waits. */
async function connectOrStart(joining: Joining): Promise<Client> {
  const { options, folders, server } = joining
  const deadline = Date.now() + PATIENCE_MS
  let binaries: PostgresBinaries | undefined
  let launch: Launch | undefined
  for (;;) {
    const answer = await tryConnect(server)
    if (answer instanceof Client) return answer
    if (answer.kind === 'refused') throw unavailable(folders, answer.error)
    const failure = await launch?.failure()
    if (failure !== undefined) throw failure
    if (Date.now() > deadline) throw unavailable(folders, answer.error)
    if (answer.kind === 'absent' && launch?.running() !== true) {
      if (launch === undefined) options.log?.('Starting the embedded database.')
      binaries ??= await findBinaries()
      launch = await start(joining, binaries)
    }
    await sleep(PAUSE_MS)
  }
}

async function start({ options, folders, credentials }: Joining, binaries: PostgresBinaries) {
  try {
    const made = await initialiseCluster({ binaries, folders, password: credentials.owner })
    if (made === 'waiting') return undefined
    const { dies_with_parent = false, settings = {} } = options
    return await startServer({ binaries, folders, dies_with_parent, settings })
  } catch (error) {
    throw folderFailure(error, folders.root)
  }
}

type NoConnection = { readonly kind: 'absent' | 'busy' | 'refused'; readonly error: Error }

async function tryConnect(config: PgConfig): Promise<Client | NoConnection> {
  const client = new Client({ ...config, connectionTimeoutMillis: 10_000, application_name: presenceName() })
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (error) {
    await client.end().catch(() => {})
    if (!(error instanceof Error)) throw error
    const code = 'code' in error ? String(error.code) : ''
    return { kind: ABSENT.has(code) ? 'absent' : FINAL.test(code) ? 'refused' : 'busy', error }
  }
}

const ABSENT = new Set(['ECONNREFUSED', 'ENOENT'])
/** A wrong password, an unknown role, a folder that may not be entered: waiting does not help. */
const FINAL = /^(28|3D|EACCES$|EPERM$)/

const unavailable = (folders: ClusterFolders, cause: Error): GanderError =>
  new GanderError(
    'database_unavailable',
    `The embedded database in ${folders.root} does not answer: ${cause.message}`,
    {
      cause,
      facts: { log: folders.log },
      remedy: `Look at ${folders.log}.`,
    },
  )
