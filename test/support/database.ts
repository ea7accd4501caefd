import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { v7 } from 'uuid'
import { ensureEmbeddedServer, openDatabase, type Database, type EmbeddedServer } from '#adapters/postgres'
import { formatId } from '#domain/ids'
import type { Identifiers } from '#ports'
import { prepareHome } from './prepared-home.ts'

/** A server for one test file; every database it gives is a clone of one migrated template. */
export interface TestServer {
  /** A fresh, migrated, empty database, and the superuser's way into the same one. */
  database(): Promise<TestDatabase>
  stop(): Promise<void>
}

export interface TestDatabase {
  readonly database: Database
  /** Runs a statement as the superuser, past every grant and role. */
  asOwner(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
  /** The address of the same database for another process, as the superuser. */
  readonly owner_url: string
}

export const identifiers: Identifiers = { make: (kind) => formatId(kind, v7({}, new Uint8Array(16))) }

/** Starts a server that dies with the test's process, even when that is killed; `stop` removes its files. */
export async function startTestServer(): Promise<TestServer> {
  const home = await mkdtemp(join(tmpdir(), 'gander-test-'))
  await prepareHome(home)
  const settings = { fsync: 'off' }
  const server = await ensureEmbeddedServer({ home, dies_with_parent: true, settings })
  const template = await openDatabase({ home })
  await template.close()
  const opened: { close(): Promise<void> }[] = []
  return {
    database: async () => {
      const name = `t_${randomBytes(6).toString('hex')}`
      await withOwner(server, 'postgres', (client) => client.query(`create database ${name} template gander`))
      const made = await openClone(server, name)
      opened.push(made.database)
      return made
    },
    stop: async () => {
      await Promise.all(opened.map((database) => database.close()))
      await server.leave()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function openClone(server: EmbeddedServer, name: string): Promise<TestDatabase> {
  const { host, user, password } = server.owner
  const owner_url = `postgres://${user}:${password}@/${name}?host=${encodeURIComponent(host)}&port=5432`
  const database = await openDatabase({ url: owner_url }, { connections: 8 })
  return {
    database,
    owner_url,
    asOwner: (text, values = []) =>
      withOwner(server, name, async (client) => {
        const answer = await client.query<Record<string, unknown>>(text, [...values])
        return answer.rows
      }),
  }
}

async function withOwner<Value>(
  server: EmbeddedServer,
  database: string,
  work: (client: Client) => Promise<Value>,
): Promise<Value> {
  const client = new Client({ ...server.owner, database })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
