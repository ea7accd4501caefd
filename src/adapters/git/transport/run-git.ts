import { spawn, type ChildProcess } from 'node:child_process'
import process from 'node:process'
import { GanderError } from '#domain/failure'
import { trustedEnvironment, type Setting } from './trusted-environment.ts'

/** One git process. Everything that is not given here is fixed by the trusted environment. */
export interface GitCall {
  /** Subcommand first; operands that come from outside go after `--`. */
  readonly args: readonly string[]
  /** Absent means no repository at all, null the one that the working directory lies in. */
  readonly git_dir?: string | null
  readonly cwd?: string
  readonly env?: { readonly [name: string]: string }
  readonly settings?: readonly Setting[]
  readonly input?: string | Uint8Array
  /** True lets it reach the network and the user's ssh and credential helpers. */
  readonly network?: boolean
  /** Makes files with exactly the modes git asks for, and no file larger than this. */
  readonly file_bytes?: number
  readonly timeout_ms?: number
  /** More standard output than this ends the process. */
  readonly output_bytes?: number
}

export interface GitOutcome {
  /** Null when it was ended by a signal or by a limit. */
  readonly exit_code: number | null
  readonly ended_by: 'exit' | 'timeout' | 'output'
  readonly stdout: Buffer
  readonly stderr: string
}

const TIMEOUT_MS = 60_000
const OUTPUT_BYTES = 256 * 1024 ** 2
const ERROR_BYTES = 64 * 1024

/** `umask 0` gives the checkout the modes a foreign uid needs; `ulimit -f` (512-byte blocks) bounds unpacking. */
const LIMITED = 'umask 0; ulimit -f "$0" && exec git "$@"'

/** Runs git to its end; a non-zero exit is an outcome, not an error. @throws GanderError `tool_missing` */
export function runGit(call: GitCall): Promise<GitOutcome> {
  const command: readonly [string, readonly string[]] =
    call.file_bytes === undefined
      ? ['git', call.args]
      : ['sh', ['-c', LIMITED, String(Math.ceil(call.file_bytes / 512)), ...call.args]]
  const child = spawn(command[0], [...command[1]], {
    cwd: call.cwd ?? '/',
    env: {
      ...trustedEnvironment(call.settings ?? [], { network: call.network ?? false }),
      ...(call.git_dir === null ? {} : { GIT_DIR: call.git_dir ?? '/dev/null' }),
      ...call.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  return collect(child, call)
}

/** Runs git and returns its standard output; anything but exit 0 is a defect or a full disk. */
export async function gitOutput(call: GitCall): Promise<Buffer> {
  const outcome = await runGit(call)
  if (outcome.exit_code === 0) return outcome.stdout
  throw brokenGit(call, outcome)
}

/** The error for a git process that had no business failing. */
export function brokenGit(call: GitCall, outcome: GitOutcome): GanderError {
  const said = outcome.stderr.trim()
  if (/No space left on device|Disk quota exceeded/.test(said))
    return new GanderError('storage_full', `git ${call.args[0]} found no space left: ${said}`, { retryable: true })
  if (/Read-only file system|Permission denied/.test(said))
    return new GanderError('storage_unwritable', `git ${call.args[0]} could not write: ${said}`)
  const how =
    outcome.ended_by === 'exit' ? `failed (exit ${outcome.exit_code})` : `was ended by its ${outcome.ended_by} limit`
  return new GanderError('internal', `git ${call.args[0]} ${how}${said === '' ? '' : `: ${said}`}`)
}

function collect(child: ChildProcess, call: GitCall): Promise<GitOutcome> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = []
    let kept = 0
    let stderr = ''
    let ended_by: GitOutcome['ended_by'] = 'exit'
    const end = (reason: GitOutcome['ended_by']) => {
      ended_by = reason
      killGroup(child)
    }
    const timer = setTimeout(() => end('timeout'), call.timeout_ms ?? TIMEOUT_MS)
    child.stdout?.on('data', (chunk: Buffer) => {
      kept += chunk.length
      if (kept > (call.output_bytes ?? OUTPUT_BYTES)) end('output')
      else stdout.push(chunk)
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < ERROR_BYTES) stderr += text
    })
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(notStarted(error))
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ exit_code: ended_by === 'exit' ? code : null, ended_by, stdout: Buffer.concat(stdout), stderr })
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(call.input ?? '')
  })
}

function notStarted(error: Error): GanderError {
  return new GanderError('tool_missing', `git could not be started: ${error.message}`, {
    cause: error,
    remedy: 'Install git 2.39 or newer (apt-get install git).',
  })
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}
