import { escapeLiteral, type Pool, type PoolClient } from 'pg'
import type { TenantId } from '#domain/ids'
import type { Sha256 } from '#domain/ledger'
import type { Identifiers } from '#ports'
import { pgFailure } from '../database/pg-failure.ts'

/** What every method of the store works with. */
export interface StoreContext {
  readonly pool: Pool
  readonly identifiers: Identifiers
  readonly sha256: Sha256
}

/** The same for one tenant: what it reads and writes is that tenant's. */
export interface TenantContext extends StoreContext {
  readonly tenant: TenantId
}

/** What is needed to record events. */
export type EventContext = Omit<StoreContext, 'sha256'>

/** A statement that each connection prepares once. */
export interface Statement {
  readonly name: string
  readonly text: string
}

type Connection = Pool | PoolClient

/** Runs a prepared statement and names what the database could not do. */
export async function query<Row extends object>(
  on: Connection,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  try {
    const answer = await on.query<Row>({ name, text, values: [...values] })
    return answer.rows
  } catch (error) {
    throw pgFailure(error)
  }
}

/** Runs statements in one transaction that sees and writes rows of one tenant only; what is thrown rolls it back. */
export const inTenant = <Value>(
  pool: Pool,
  tenant: TenantId,
  work: (client: PoolClient) => Promise<Value>,
): Promise<Value> => inTransaction(pool, work, `begin; set local gander.tenant = ${escapeLiteral(tenant)}`)

/** Runs one statement that sees and writes rows of the store's tenant only. */
export const queryOf = <Row extends object>(
  { pool, tenant }: Pick<TenantContext, 'pool' | 'tenant'>,
  statement: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> => inTenant(pool, tenant, (client) => query<Row>(client, statement, values))

/** Runs statements in one transaction; whatever is thrown rolls it back. */
export async function inTransaction<Value>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Value>,
  begin = 'begin',
): Promise<Value> {
  const client = await pool.connect().catch((error: unknown) => {
    throw pgFailure(error)
  })
  let broken = true
  try {
    await client.query(begin)
    const value = await work(client)
    await client.query('commit')
    broken = false
    return value
  } catch (error) {
    broken = await client.query('rollback').then(
      () => false,
      () => true,
    )
    throw pgFailure(error)
  } finally {
    client.release(broken)
  }
}

/** Text as a column can hold it: no NUL, no half of a surrogate pair. */
export const plain = (text: string): string => text.replaceAll('\0', '').toWellFormed()

/** The same for what may be absent. */
export const plainOrNull = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : plain(text)
