import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, openSync, closeSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { OwnCertificate } from './self-signed.ts'
import { GANDER_ERRORS, GanderError, type ErrorCode } from '#domain/failure'

const settings = z.strictObject({
  home: z.string(),
  database_url: z.string().optional(),
  socket: z.string(),
  idle_ms: z.number().positive(),
  remote: z.strictObject({ host: z.string(), port: z.number(), key: z.string(), cert: z.string() }).optional(),
})

/** What a gateway process is told on its standard input; arguments and environment can be read by others. */
export interface GatewaySettings {
  readonly home: string
  /** Absent means the embedded database of the home. */
  readonly database_url?: string
  readonly socket: string
  readonly idle_ms: number
  /** Where workers of other hosts are served, and with which certificate; absent: nowhere. */
  readonly remote?: OwnCertificate & { readonly host: string; readonly port: number }
}

/** Reads what `startGateway` wrote. */
export const readSettings = (text: string): GatewaySettings => settings.parse(JSON.parse(text)) as GatewaySettings

/**
 * The only variables a gateway inherits: where programs, runtime files and compiled code are (which spares it 30 MB and
 * half of its start), the user's proxy and certificates.
 */
const INHERITED =
  /^(PATH|NODE_COMPILE_CACHE|HOME|USER|LOGNAME|LANG|LC_ALL|TZ|TMPDIR|XDG_RUNTIME_DIR|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|(https?|no|all)_proxy)$/i

export interface StartedGateway {
  /** Null while it runs. */
  readonly exit_code: number | null
  /** Why it ended, from its own last words. */
  failure(): GanderError
}

/** Young objects get 2 MB in place of 16: a gateway waits most of its life, and 10 MB less are held by it. */
const MEMORY_FLAGS = ['--max-semi-space-size=2']
/** No debugger is opened by a signal, and no core is written: keys are in this memory only. */
const CLOSED_FLAGS = ['--disable-sigusr1']
const WITHOUT_CORE = ['-c', 'ulimit -c 0; exec "$@"', 'gateway']

/** The program of the gateway process. */
export const GATEWAY_ENTRY = fileURLToPath(new URL('../../main/gateway.ts', import.meta.url))

/** As `bin/gander` starts the program: its modules are found without a look at the disk. */
const FOUND_QUICKLY = ['--require', fileURLToPath(new URL('../../main/resolve-own-modules.ts', import.meta.url))]

/** Starts a gateway process that outlives this one: own session, own log, settings over its standard input. */
export function startGateway(entry: string, told: GatewaySettings): StartedGateway {
  const folder = join(told.home, 'logs')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const log = join(folder, 'gateway.log')
  const descriptor = openSync(log, 'a', 0o600)
  const offset = statSync(log).size
  let child: ChildProcess
  try {
    child = spawnGateway(entry, told, { detached: true, output: descriptor })
  } finally {
    closeSync(descriptor)
  }
  let spawn_error: Error | undefined
  child.on('error', (error) => {
    spawn_error = error
  })
  child.unref()
  return {
    get exit_code() {
      if (spawn_error !== undefined || child.signalCode !== null) return 1
      return child.exitCode
    },
    failure: () => lastWords(log, offset, child.pid, spawn_error),
  }
}

/** A gateway process in front of its starter, which is told what it says; it ends with a signal or by itself. */
export function gatewayInFront(told: GatewaySettings): ChildProcess {
  return spawnGateway(GATEWAY_ENTRY, told, { detached: false, output: 'inherit' })
}

function spawnGateway(
  entry: string,
  told: GatewaySettings,
  { detached, output }: { readonly detached: boolean; readonly output: number | 'inherit' },
): ChildProcess {
  const child = spawn(
    '/bin/sh',
    [...WITHOUT_CORE, process.execPath, ...MEMORY_FLAGS, ...CLOSED_FLAGS, ...FOUND_QUICKLY, entry],
    {
      cwd: told.home,
      detached,
      stdio: ['pipe', output, output],
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name))),
    },
  )
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(JSON.stringify(told))
  return child
}

/** Reads the reason that the process wrote as a line of JSON before it gave up. */
function lastWords(log: string, offset: number, pid: number | undefined, cause: Error | undefined): GanderError {
  const written = readFileSync(log).subarray(offset).toString('utf8').trim()
  for (const line of written.split('\n').toReversed()) {
    const words = parsed(line)
    if (words?.['event'] === 'gateway_failed' && words['pid'] === pid)
      return new GanderError(codeOf(words['code']), String(words['message']), {
        facts: { log },
        ...(typeof words['remedy'] === 'string' ? { remedy: words['remedy'] } : {}),
      })
  }
  const tail = written.split('\n').slice(-3).join(' ').slice(-400)
  const why = cause?.message ?? (tail === '' ? 'it wrote nothing' : tail)
  return new GanderError('gateway_unavailable', `The model gateway could not be started: ${why}`, { facts: { log } })
}

const codeOf = (code: unknown): ErrorCode =>
  typeof code === 'string' && code in GANDER_ERRORS ? (code as ErrorCode) : 'gateway_unavailable'

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
