import type { ClientBase } from 'pg'
import { GanderError } from '#domain/failure'
import { pgCode, pgFailure } from './pg-failure.ts'

/** The role all ordinary work runs as: no superuser, owns nothing, cannot change the ledger. */
export const APPLICATION_ROLE = 'gander_app'

/** Makes the application role where it is missing and lets the present user become it. */
export async function ensureApplicationRole(client: ClientBase): Promise<void> {
  const found = await client.query<{ strong: boolean }>(
    'select rolsuper or rolbypassrls or rolcreaterole as strong from pg_roles where rolname = $1',
    [APPLICATION_ROLE],
  )
  if (found.rows[0]?.strong === true)
    throw insufficient(`The role ${APPLICATION_ROLE} has more rights than ordinary work may have.`)
  try {
    if (found.rowCount === 0) await createRole(client)
    if (!(await mayBecome(client))) await client.query(`grant ${APPLICATION_ROLE} to current_user`)
  } catch (error) {
    if (pgCode(error) !== INSUFFICIENT_PRIVILEGE) throw pgFailure(error)
    throw insufficient(`The user of DATABASE_URL may not create or become the role ${APPLICATION_ROLE}.`, error)
  }
}

/** Gives the application role a login of its own, once; only an embedded server does this. */
export async function allowLogin(client: ClientBase, password: string): Promise<void> {
  const found = await client.query('select 1 from pg_roles where rolname = $1 and rolcanlogin', [APPLICATION_ROLE])
  if (found.rowCount === 1) return
  await client.query(`alter role ${APPLICATION_ROLE} login password ${client.escapeLiteral(password)}`)
}

const INSUFFICIENT_PRIVILEGE = '42501'

async function createRole(client: ClientBase): Promise<void> {
  await client.query(`create role ${APPLICATION_ROLE} nologin`).catch((error: unknown) => {
    // Roles belong to the whole server: another database's migration may have made it just now.
    if (pgCode(error) !== '42710' && pgCode(error) !== '23505') throw error
  })
}

async function mayBecome(client: ClientBase): Promise<boolean> {
  try {
    await client.query(`set role ${APPLICATION_ROLE}`)
    await client.query('reset role')
    return true
  } catch (error) {
    if (pgCode(error) === INSUFFICIENT_PRIVILEGE) return false
    throw error
  }
}

const insufficient = (message: string, cause?: unknown): GanderError =>
  new GanderError('database_role_insufficient', message, { cause })
