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
/** How long a leaver waits for the shares of dead processes to go. */
const GHOST_PATIENCE_MS = 5_000
const PRESENCE_NAME = 'gander presence '

/** Names a connection after its process, so that a leaver can tell a dead one's share. */
export const presenceName = (): string => `${PRESENCE_NAME}${process.pid}`

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
  const deadline = Date.now() + GHOST_PATIENCE_MS
  for (;;) {
    const postmaster = await claimLast(client)
    if (postmaster !== undefined) return stopServer(postmaster)
    if ((await othersAreHere(client)) || Date.now() > deadline) return
    await sleep(20)
  }
}

/** The postmaster's process number for the one who may stop it; undefined where somebody holds a share. */
async function claimLast(client: Client): Promise<number | undefined> {
  const answer = await client.query<{ got: boolean; postmaster: string }>(
    "select pg_try_advisory_lock($1::bigint) as got, pg_read_file('postmaster.pid') as postmaster",
    [PRESENCE_LOCK],
  )
  const row = answer.rows[0]
  const pid = Number(row?.postmaster.split('\n')[0])
  return row?.got === true && Number.isSafeInteger(pid) && pid > 1 ? pid : undefined
}

/**
 * True while a living process holds a share. The share of a killed one lasts until its connection's end is noticed,
 * which a busy machine may delay beyond the moment the last living process leaves.
 */
async function othersAreHere(client: Client): Promise<boolean> {
  const answer = await client.query<{ name: string }>(HOLDERS)
  for (const { name } of answer.rows) if (await isRunning(Number(name.slice(PRESENCE_NAME.length)))) return true
  return false
}

const HOLDERS = `select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.pid <> pg_backend_pid() and a.datname = 'postgres'`

async function stopServer(pid: number): Promise<void> {
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
