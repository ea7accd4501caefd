import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'

/** This process's share in a server that nobody owns. */
export interface Presence {
  leave(): Promise<void>
}

/** Advisory lock of the `postgres` database: shared by everyone who uses the server, exclusive for stopping it. */
const PRESENCE_LOCK = 7_164_410_021
const STOP_PATIENCE_MS = 30_000

/**
 * Takes a share in the server that `connect` finds or starts, and takes it again whenever the connection breaks: a share
 * that was lost unnoticed would let another process stop the server under this one.
 */
export async function joinServer(connect: () => Promise<Client>): Promise<Presence> {
  let left = false
  const take = async (): Promise<Client> => {
    const client = await share(connect)
    client.once('end', () => {
      if (left) return
      current = take()
      current.catch(() => {})
    })
    return client
  }
  let current = take()
  await current
  return {
    leave: async () => {
      if (left) return
      left = true
      // A share that is being taken again is waited for, or its server would be left without anyone to stop it.
      const client = await current.catch(() => undefined)
      await leaveServer(client).catch(() => {})
      await client?.end().catch(() => {})
    },
  }
}

async function share(connect: () => Promise<Client>): Promise<Client> {
  for (;;) {
    const client = await connect()
    try {
      // Waits while the last user stops the server; its end breaks this connection and the next round starts another.
      await client.query('select pg_advisory_lock_shared($1::bigint)', [PRESENCE_LOCK])
      await ensureDatabase(client)
      return client
    } catch (error) {
      await client.end().catch(() => {})
      if (!isGone(error)) throw error
    }
  }
}

/** Everything of Gander is in a database of this name, so that `postgres` stays what it is. */
async function ensureDatabase(client: Client): Promise<void> {
  const found = await client.query("select 1 from pg_database where datname = 'gander'")
  if (found.rowCount !== 0) return
  await client.query('create database gander').catch((error: unknown) => {
    if (!ALREADY_THERE.has(codeOf(error))) throw error
  })
}

async function leaveServer(client: Client | undefined): Promise<void> {
  if (client === undefined) return
  await client.query('select pg_advisory_unlock_shared($1::bigint)', [PRESENCE_LOCK])
  const last = await client.query<{ got: boolean; postmaster: string }>(
    "select pg_try_advisory_lock($1::bigint) as got, pg_read_file('postmaster.pid') as postmaster",
    [PRESENCE_LOCK],
  )
  const row = last.rows[0]
  const pid = Number(row?.postmaster.split('\n')[0])
  if (row?.got !== true || !Number.isSafeInteger(pid) || pid < 2) return
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + STOP_PATIENCE_MS
  while ((await isRunning(pid)) && Date.now() < deadline) await sleep(10)
}

/** A zombie has stopped; only its parent has not looked yet. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
  return stat !== '' && state !== 'Z' && state !== 'X'
}

const ALREADY_THERE = new Set(['42P04', '23505'])

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** True when the connection ended under a query, rather than the query being wrong. */
function isGone(error: unknown): boolean {
  const code = codeOf(error)
  return code.startsWith('57P') || code.startsWith('08') || code.startsWith('E') || /terminated/i.test(String(error))
}
