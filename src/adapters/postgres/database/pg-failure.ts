import { GanderError, isGanderError } from '#domain/failure'

/** The condition code of PostgreSQL, or the system's error code where no connection came about. */
export const pgCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Names what the database could not do; what is no known condition is a defect of the program and says so. */
export function pgFailure(error: unknown): unknown {
  if (isGanderError(error) || !(error instanceof Error)) return error
  const code = pgCode(error)
  const facts = { sqlstate: code }
  if (code === '53100')
    return new GanderError('storage_full', 'The disk of the database is full.', { facts, cause: error })
  if (code === '28P01' || code === '28000' || code === '3D000')
    return new GanderError('database_unavailable', `The database refused this user: ${error.message}.`, {
      facts,
      cause: error,
    })
  if (isConnectionFailure(error))
    return new GanderError('database_unavailable', `The database does not answer: ${error.message || code}.`, {
      facts,
      cause: error,
      retryable: true,
    })
  return new GanderError('internal', `The database refused a statement: ${error.message}.`, { facts, cause: error })
}

/** True when no connection came about or it broke, so that the same statement may succeed later. */
function isConnectionFailure(error: Error): boolean {
  return (
    /^(08|57P|53[23]|25P03|40P01|40001|E[A-Z]+$)/.test(pgCode(error)) ||
    /terminat|timeout|ended|not queryable/i.test(error.message)
  )
}
