import { spawn } from 'node:child_process'
import { chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { PostgresBinaries } from './binaries.ts'
import type { ClusterFolders } from './cluster-folders.ts'
import { LOCK_HELD, serverCommand, type ServerCommand } from './server-command.ts'
import { storageFailureIn } from './storage-failure.ts'

/** The superuser of an embedded server: owner of the schema, never used for ordinary work. */
export const OWNER_ROLE = 'gander_owner'

const ABANDONED_AFTER_MS = 10 * 60_000

/** What making a cluster came to; `waiting` means another process is at it. */
export type Initialised = 'ready' | 'waiting'

interface Making {
  readonly binaries: PostgresBinaries
  readonly folders: ClusterFolders
  readonly password: string
}

/** Makes the cluster aside and renames it into place, so that a killed attempt leaves nothing half made. */
export async function initialiseCluster(making: Making): Promise<Initialised> {
  const { folders } = making
  if (await exists(folders.cluster)) return 'ready'
  await removeAbandoned(folders)
  const aside = `${folders.cluster}.new-${process.pid}`
  const password_file = join(folders.root, `password-${process.pid}`)
  try {
    await rm(aside, { recursive: true, force: true })
    await mkdir(aside, { mode: 0o700 })
    await chown(aside, folders.uid, folders.gid)
    await writeFile(password_file, making.password, { mode: 0o600 })
    await chown(password_file, folders.uid, folders.gid)
    const { code, output } = await run(await initdb(making, aside, password_file))
    if (code === LOCK_HELD) return 'waiting'
    if (code !== 0) throw initdbFailed(output, folders.root)
    return await putInPlace(aside, folders.cluster)
  } finally {
    await rm(password_file, { force: true })
    await rm(aside, { recursive: true, force: true })
  }
}

const initdb = ({ binaries, folders }: Making, aside: string, password_file: string): Promise<ServerCommand> =>
  serverCommand({
    binaries,
    folders,
    cluster: aside,
    password_file,
    argv: (view) =>
      [
        [`${view.native}/bin/initdb`],
        ['--pgdata', `${view.cluster}/data`, '--pwfile', view.password_file, '--username', OWNER_ROLE],
        ['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
      ].flat(),
  })

async function putInPlace(aside: string, cluster: string): Promise<Initialised> {
  try {
    await rename(aside, cluster)
  } catch (error) {
    if (!(await exists(cluster))) throw error
  }
  return 'ready'
}

function initdbFailed(output: string, path: string): GanderError {
  return (
    storageFailureIn(output, path) ??
    new GanderError('database_unavailable', `The embedded database could not be made: ${lastLine(output)}`, {
      facts: { path, output: output.slice(-2000) },
      remedy: 'Run `gander doctor`, or point DATABASE_URL at a PostgreSQL 15 or newer.',
    })
  )
}

/** The last line that says something, for a message. */
export const lastLine = (output: string): string => output.trim().split('\n').at(-1)?.trim() ?? ''

async function removeAbandoned({ root }: ClusterFolders): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith('cluster.new-')) continue
    const path = join(root, name)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS)
      await rm(path, { recursive: true, force: true })
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

function run({ command, args, env }: ServerCommand): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error: NodeJS.ErrnoException) => reject(missingTool(command, error)))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** Says which program of the machine is missing when one cannot be started. */
export function missingTool(command: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT') return error
  return new GanderError('tool_missing', `The embedded database needs the program ${command}, which is not here.`, {
    facts: { tool: command },
    remedy: 'Install it (apt-get install bubblewrap util-linux), or point DATABASE_URL at a PostgreSQL.',
    cause: error,
  })
}
