import { spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { GanderError } from '#domain/failure'
import type { PostgresBinaries } from './binaries.ts'
import type { ClusterFolders } from './cluster-folders.ts'
import { lastLine, missingTool } from './initialise-cluster.ts'
import { LOCK_HELD, serverCommand } from './server-command.ts'
import { storageFailureIn } from './storage-failure.ts'

/** A server that was asked to start; `failure` is set once it ended for a reason that trying again will not mend. */
export interface Launch {
  /** False once the started process has ended. */
  running(): boolean
  failure(): Promise<GanderError | undefined>
}

interface Starting {
  readonly binaries: PostgresBinaries
  readonly folders: ClusterFolders
  readonly dies_with_parent: boolean
  /** Server settings beside the platform's own. */
  readonly settings: Readonly<Record<string, string>>
}

/**
 * The lock is free, so no postmaster and no backend of this cluster is alive: what an earlier one left behind is
 * removed, whoever may have its process number now.
 */
const START = 'rm -f "$1/postmaster.pid" "$2"/.s.PGSQL.5432*; shift 2; exec "$@"'

/** Starts the server in a session of its own, so that it outlives the process that found none. */
export async function startServer({ binaries, folders, dies_with_parent, settings }: Starting): Promise<Launch> {
  const { command, args, env } = await serverCommand({
    binaries,
    folders,
    cluster: folders.cluster,
    dies_with_parent,
    argv: (view) =>
      [
        ['/bin/sh', '-c', START, 'sh', `${view.cluster}/data`, view.socket],
        [`${view.native}/bin/postgres`, '-D', `${view.cluster}/data`, '-p', '5432'],
        Object.entries({ ...settings, ...SETTINGS, unix_socket_directories: view.socket }).flatMap(([name, value]) => [
          '-c',
          `${name}=${value}`,
        ]),
      ].flat(),
  })
  const log = await open(folders.log, 'a', 0o600)
  const from = (await log.stat()).size
  try {
    const child = spawn(command, args, { env, cwd: '/', detached: true, stdio: ['ignore', log.fd, log.fd] })
    let ended: number | undefined
    let broken: Error | undefined
    child.on('exit', (code) => (ended = code ?? 0))
    child.on('error', (error) => {
      ended = 1
      broken = missingTool(command, error)
    })
    child.unref()
    return {
      running: () => ended === undefined,
      failure: async () => {
        if (broken instanceof GanderError) return broken
        if (ended === undefined || MENDS_ITSELF.has(ended)) return undefined
        return startFailed(await logFrom(folders.log, from), folders)
      },
    }
  } finally {
    await log.close()
  }
}

/** Ended on request, by a signal, or because another process holds the lock. */
const MENDS_ITSELF = new Set([0, LOCK_HELD, 129, 130, 137, 143])

const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_wal_size: '256MB',
  max_connections: '100',
}

function startFailed(output: string, folders: ClusterFolders): GanderError {
  return (
    storageFailureIn(output, folders.root) ??
    new GanderError('database_unavailable', `The embedded database did not start: ${lastLine(output)}`, {
      facts: { log: folders.log },
      remedy: `Look at ${folders.log}, or point DATABASE_URL at a PostgreSQL 15 or newer.`,
    })
  )
}

async function logFrom(path: string, offset: number): Promise<string> {
  const whole = await readFile(path)
  return whole.subarray(offset).toString('utf8').slice(-20_000)
}
