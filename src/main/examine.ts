import { execFile } from 'node:child_process'
import { mkdir, statfs } from 'node:fs/promises'
import process from 'node:process'
import { promisify } from 'node:util'
import { sandboxChecks, toolChecks, type DoctorCheck, type DoctorReport } from '#cli'
import { isGanderError } from '#domain/failure'
import { ensureGateway } from '#adapters/gateway-socket'
import { openDatabase } from '#adapters/postgres'
import { chooseDriver } from './choose-driver.ts'
import type { PlatformSettings } from './shared-parts.ts'

const run = promisify(execFile)

/** Below this much free space a run with dependencies may not fit. */
const ENOUGH_BYTES = 2 * 1024 ** 3

/** Proves each part of this machine by using it, and says what to do about what does not hold. */
export async function examine(settings: PlatformSettings): Promise<DoctorReport> {
  const program: DoctorCheck = {
    part: 'program',
    name: 'gander',
    outcome: 'ok',
    detail: `${settings.version} on Node ${process.versions.node}`,
  }
  const storage = await examineStorage(settings.home)
  const [tools, sandbox, database] = await Promise.all([
    toolChecks(askProgram),
    chooseDriver(settings.home, process.env)
      .then((driver) => driver.probe())
      .then(sandboxChecks),
    attempt('database', 'PostgreSQL', settings.database_url ?? 'the embedded server answers', () =>
      tryDatabase(settings),
    ),
  ])
  const gateway = await attempt('gateway', 'model gateway', 'its process answers', () => tryGateway(settings))
  return { checks: [program, ...tools, ...sandbox, database, gateway, storage, ...models()] }
}

async function askProgram([program = '', ...words]: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, words, { timeout: 15_000 })
    return `${stdout}${stderr}`
  } catch {
    // Missing, not executable or failing: for a person that is one thing, not usable.
    return undefined
  }
}

async function tryDatabase({ home, database_url }: PlatformSettings): Promise<void> {
  const database = await openDatabase(database_url === undefined ? { home } : { url: database_url })
  await database.close()
}

async function tryGateway({ home, database_url }: PlatformSettings): Promise<void> {
  const connection = await ensureGateway({ home, keys: {}, ...(database_url === undefined ? {} : { database_url }) })
  await connection.close()
}

async function attempt(
  part: DoctorCheck['part'],
  name: string,
  fine: string,
  act: () => Promise<void>,
): Promise<DoctorCheck> {
  try {
    await act()
    return { part, name, outcome: 'ok', detail: fine.replace(/:\/\/[^@/]*@/, '://') }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { part, name, outcome: 'failed', detail, ...(isGanderError(error) && { remedy: error.remedy }) }
  }
}

async function examineStorage(home: string): Promise<DoctorCheck> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 })
    const { bavail, bsize } = await statfs(home)
    const free = bavail * bsize
    const detail = `${home}, ${(free / 1024 ** 3).toFixed(1)} GB free`
    if (free >= ENOUGH_BYTES) return { part: 'storage', name: 'GANDER_HOME', outcome: 'ok', detail }
    return {
      part: 'storage',
      name: 'GANDER_HOME',
      outcome: 'warning',
      detail,
      remedy: 'Free some disk space; runs with dependencies need about 2 GB.',
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return {
      part: 'storage',
      name: 'GANDER_HOME',
      outcome: 'failed',
      detail,
      remedy: 'Make it writable for this user, or set GANDER_HOME.',
    }
  }
}

const KEYS = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY']

function models(): readonly DoctorCheck[] {
  const set = KEYS.filter((name) => (process.env[name] ?? '') !== '')
  if (set.length > 0)
    return [{ part: 'models', name: 'keys', outcome: 'ok', detail: `${set.join(', ')} in the environment` }]
  const remedy = 'Set a key, `gander login PROVIDER`, or use a local server with --model-url.'
  return [{ part: 'models', name: 'keys', outcome: 'warning', detail: 'no key in the environment', remedy }]
}
