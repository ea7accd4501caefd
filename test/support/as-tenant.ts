import { escapeLiteral, type Pool, type QueryResult } from 'pg'
import { LOCAL_TENANT } from '#domain/ids'

/** Runs one statement without values in a transaction of the tenant, as the application's own role. */
export async function asTenant(
  { pool }: { readonly pool: Pool },
  text: string,
  tenant: string | null = LOCAL_TENANT,
): Promise<QueryResult<Record<string, unknown>>> {
  const client = await pool.connect()
  try {
    await client.query(tenant === null ? 'begin' : `begin; set local gander.tenant = ${escapeLiteral(tenant)}`)
    const answer = await client.query<Record<string, unknown>>(text)
    await client.query('commit')
    return answer
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
