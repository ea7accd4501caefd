import { GanderError } from '#domain/failure'

const OLDEST = 150_000

/** Refuses a server that is too old; `number` as in server_version_num. @throws GanderError `database_too_old` */
export function checkVersion(number: number, name: string): void {
  if (number >= OLDEST) return
  throw new GanderError('database_too_old', `The database is PostgreSQL ${name}; Gander needs 15 or newer.`, {
    facts: { version: name },
  })
}
