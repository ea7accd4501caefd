import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { createRunStores, ensureEmbeddedServer, openDatabase } from '#adapters/postgres'
import type { TenantId } from '#domain/ids'
import type { LeasedRun, RunStores } from '#ports'
import { identifiers } from '../test/support/database.ts'
import { submission } from '../test/support/store-fixtures.ts'

/** Where the owner reaches the server. */
export interface PgConnection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** An embedded server with fsync, its stores, and a way to put many queued runs there. */
export interface QueueGround {
  readonly stores: RunStores
  readonly owner: PgConnection
  /** Queues so many runs of a tenant, in the place of whatever it had. */
  queue(tenant: TenantId, count: number): Promise<void>
  close(): Promise<void>
}

/** Opens a fresh server in a folder that is gone afterwards. */
export async function openQueueGround(connections: number): Promise<QueueGround> {
  const home = await mkdtemp(join(tmpdir(), 'gander-bench-queue-'))
  const database = await openDatabase({ home }, { connections })
  const server = await ensureEmbeddedServer({ home })
  const stores = createRunStores({ database, identifiers })
  const client = new Client({ ...server.owner })
  await client.connect()
  return {
    stores,
    owner: server.owner,
    queue: async (tenant, count) => {
      const { id } = await stores.of(tenant).submit(submission({ tenant }))
      // Past triggers, a million at once; the row that says that the tenant waits is there from the first run.
      await client.query(`set session_replication_role = replica;
        delete from gander.run where tenant_id = ${client.escapeLiteral(tenant)} and state = 'queued' and id <> '${id}';
        insert into gander.run (tenant_id, id, task_id, mode, is_fix, state, version, fence, attempts, max_attempts, facts, detail)
        select tenant_id, id || '_' || n, task_id, mode, is_fix, 'queued', 1, 0, 0, max_attempts, facts, detail
        from gander.run, generate_series(2, ${count}) n where id = '${id}';
        set session_replication_role = origin`)
      await client.query('vacuum analyze gander.run')
    },
    close: async () => {
      await client.end()
      await database.close()
      await server.leave()
      await rm(home, { recursive: true, force: true })
    },
  }
}

const DIAGNOSIS = { class: 'not_repaired', what: 'measured', why: 'measured', next: 'nothing' } as const

/** Ends a run that was leased: a fenced write with its events, as a worker does it. */
export async function finish(stores: RunStores, { run, lease }: LeasedRun): Promise<void> {
  const command = { type: 'end', state: 'failed', diagnosis: DIAGNOSIS, packet_sha256: null } as const
  const written = await stores.of(run.tenant_id).write(run.id, lease, { command })
  if (!written.ok) throw new Error(written.refusal.message)
}
