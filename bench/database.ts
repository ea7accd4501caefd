import { Client } from 'pg'
import { ensureEmbeddedServer } from '#adapters/postgres'

/** The server of a home as its owner, for what is measured without the store. */
export interface BareDatabase {
  /** One row inserted and committed. */
  insert(): Promise<void>
  /** Process ids of the server. */
  backend(): Promise<number>
  close(): Promise<void>
}

/** Joins the home's server with one connection and a table of its own. */
export async function openBareDatabase(home: string): Promise<BareDatabase> {
  const server = await ensureEmbeddedServer({ home })
  const client = new Client({ ...server.owner })
  await client.connect()
  await client.query('create schema if not exists bench')
  await client.query('create table if not exists bench.row (id bigserial primary key, text text not null)')
  const text = 'x'.repeat(400)
  return {
    insert: async () => {
      await client.query({ name: 'bench_insert', text: 'insert into bench.row (text) values ($1)', values: [text] })
    },
    backend: async () => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      return rows[0]?.pid ?? 0
    },
    close: async () => {
      await client.end()
      await server.leave()
    },
  }
}
