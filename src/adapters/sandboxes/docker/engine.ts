import { execFile } from 'node:child_process'
import { GanderError } from '#domain/failure'

export type EngineName = 'docker' | 'podman'

/** How one engine is spoken to; what differs between engines is data. */
export interface Engine {
  readonly name: EngineName
  readonly program: string
  /** Given before each subcommand. */
  readonly address: readonly string[]
  readonly environment: { readonly [name: string]: string }
  /** Flags of `run` that only this engine has or needs. */
  readonly run_flags: readonly string[]
  /** Flags of `rm` that only this engine has or needs. */
  readonly remove_flags: readonly string[]
  /** True where `--tmpfs` takes a number of inodes; otherwise it is set by mounting again from outside. */
  readonly tmpfs_options: boolean
}

const CLI_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const MOST_OUTPUT = 4 * 1024 ** 2

const DIFFERENCES = {
  docker: { run_flags: ['--no-healthcheck'], remove_flags: [], tmpfs_options: true },
  // Podman would pass the worker's proxy variables on, mount more tmpfs, and set a system manager up by image name.
  podman: {
    run_flags: ['--no-healthcheck', '--systemd=false', '--http-proxy=false', '--read-only-tmpfs=false'],
    // It would ask the first process to end and wait 10 s for an answer that never comes.
    remove_flags: ['--time', '0'],
    tmpfs_options: false,
  },
} as const

/** An engine by name; `host` is the address of its socket, absent the engine's own default. */
export const engineOf = (name: EngineName, host: string | undefined): Engine => ({
  name,
  program: name,
  address: host === undefined ? [] : name === 'docker' ? ['--host', host] : ['--url', host],
  // A configuration folder that is not there: no credential helper, context or plugin of the user is run.
  environment: {
    PATH: CLI_PATH,
    HOME: '/nonexistent',
    ...(name === 'docker' ? { DOCKER_CONFIG: '/nonexistent/.docker' } : {}),
  },
  ...DIFFERENCES[name],
})

/** What a call of the engine came to. */
export interface EngineAnswer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Calls the engine and reports how it ended. Never rejects. */
export const tryEngine = (engine: Engine, argv: readonly string[], timeout_ms = 60_000): Promise<EngineAnswer> =>
  new Promise((resolve) => {
    execFile(
      engine.program,
      [...engine.address, ...argv],
      { env: engine.environment, cwd: '/', timeout: timeout_ms, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
        resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr })
      },
    )
  })

/** Calls the engine and gives its output. @throws GanderError `sandbox_unavailable`, `storage_full` */
export const callEngine = async (engine: Engine, argv: readonly string[], timeout_ms?: number): Promise<string> => {
  const answer = await tryEngine(engine, argv, timeout_ms)
  if (answer.code === 0) return answer.stdout.trim()
  const why = answer.stderr.trim().slice(0, 2000)
  if (/no space left on device/i.test(why))
    throw new GanderError('storage_full', `${engine.name} has no space left: ${why}`, {
      remedy: `Free space in the engine's storage (${engine.name} system df), then \`gander continue RUN\`.`,
    })
  throw new GanderError('sandbox_unavailable', `${engine.name} ${argv[0] ?? ''} failed: ${why}`, {
    retryable: true,
    remedy: `See that the engine answers: \`${engine.name} info\`.`,
  })
}
