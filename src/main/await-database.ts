import { openDatabase, type Database } from '#adapters/postgres'
import { isGanderError } from '#domain/failure'
import type { PlatformSettings } from './shared-parts.ts'
import { systemClock } from './system-clock.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000

/** How a process that stands waits for what it needs. */
export interface Waiting {
  /** Told once what is waited for, and once that it came. */
  readonly tell: (line: string) => void
  /** Ends the wait; what it throws is the signal's reason. */
  readonly signal?: AbortSignal
}

/** Opens the database as soon as it answers. What waiting cannot mend, such as a wrong password, is thrown at once. */
export async function awaitDatabase(settings: PlatformSettings, { tell, signal }: Waiting): Promise<Database> {
  const { home, database_url } = settings
  for (let tries = 0; ; tries++) {
    try {
      const database = await openDatabase(database_url === undefined ? { home } : { url: database_url })
      if (tries > 0) tell('The database answers again.')
      return database
    } catch (error) {
      if (!isGanderError(error) || !error.retryable) throw error
      if (tries === 0) tell(`${error.message} Waiting for it.`)
      await systemClock.sleep(Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS), signal)
    }
  }
}
