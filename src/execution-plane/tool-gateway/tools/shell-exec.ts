import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson } from '#domain/json'
import type { ExecResult } from '#ports'
import { excerpt } from '../excerpt.ts'
import { fileProblem, folderPath } from '../path-argument.ts'
import { defineTool, failedRun, prepared, type ToolContext, type ToolRun } from '../tool.ts'

const DEFAULT_SECONDS = 120
const MAX_SECONDS = 600
const OUTPUT_BYTES = 1_000_000
const SHOWN = 16_000
const MAX_ARGUMENTS = 128_000

const word = z
  .string()
  .max(MAX_ARGUMENTS)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be text without NUL')

const schema = z.strictObject({
  argv: z
    .array(word)
    .min(1)
    .max(1000)
    .refine((words) => words.reduce((sum, entry) => sum + entry.length, 0) <= MAX_ARGUMENTS, 'is too long in all'),
  cwd: z.string().max(4096).optional(),
  timeout_seconds: z.int().min(1).max(MAX_SECONDS).optional(),
})

/** Runs one command inside the sandbox, without a network. */
export const shellExec = defineTool({
  name: 'shell_exec',
  version: '1.0.0',
  description: 'Run a command in the sandbox (no network). argv is executed as is; for a shell use ["sh","-c","…"].',
  schema,
  // The command's own limit, and time for the sandbox to start and to be cleared.
  timeout_ms: (MAX_SECONDS + 60) * 1000,
  calls_per_minute: 240,
  async prepare(args, context) {
    const cwd = folderPath(args.cwd)
    if (!cwd.ok) return cwd
    return prepared({
      paths: cwd.value === '' ? [] : [cwd.value],
      argv: args.argv,
      act: () => run(args, cwd.value, context),
    })
  },
})

async function run(args: z.output<typeof schema>, cwd: string, context: ToolContext): Promise<ToolRun> {
  if (cwd !== '') {
    const folder = await context.files.list(cwd, 1)
    if (!folder.ok) return failedRun(fileProblem(folder.refusal))
  }
  const { sandbox, signal } = context.host
  const most = Math.min(MAX_SECONDS, context.host.longest_command_seconds ?? MAX_SECONDS)
  const seconds = Math.min(args.timeout_seconds ?? DEFAULT_SECONDS, most)
  const request = {
    argv: args.argv,
    timeout_ms: seconds * 1000,
    output_bytes: OUTPUT_BYTES,
    network: { kind: 'none' },
  } as const
  const result = await sandbox.exec(cwd === '' ? request : { ...request, cwd }, signal)
  signal.throwIfAborted()
  return report(args.argv, { seconds, most }, result, context)
}

/** How long a command may run, and the longest that may be asked for. */
interface Limit {
  readonly seconds: number
  readonly most: number
}

async function report(
  argv: readonly string[],
  limit: Limit,
  result: ExecResult,
  context: ToolContext,
): Promise<ToolRun> {
  const stdout = (await context.redact(result.stdout)).trimEnd()
  const stderr = (await context.redact(result.stderr)).trimEnd()
  const isLong = stdout.length + stderr.length > SHOWN
  const full = `$ ${argv.join(' ')}\n${stdout}\n--- stderr ---\n${stderr}\n`
  const artifacts = isLong ? [await context.keep('command_output', `${commandName(argv)}.log`, full)] : []
  const share = stderr === '' ? 1 : stdout === '' ? 0 : Math.min(0.75, Math.max(0.25, 1 - stderr.length / SHOWN))
  const parts = [
    `${ending(result, limit)} after ${(result.duration_ms / 1000).toFixed(1)} s`,
    ...(stdout === ''
      ? []
      : [`stdout:\n${excerpt(stdout, Math.max(Math.floor(SHOWN * share), SHOWN - stderr.length))}`]),
    ...(stderr === ''
      ? []
      : [`stderr:\n${excerpt(stderr, Math.max(Math.floor(SHOWN * (1 - share)), SHOWN - stdout.length))}`]),
    ...(stdout === '' && stderr === '' ? ['no output'] : []),
    ...(result.truncated_bytes > 0 ? [`[${result.truncated_bytes} bytes of output were dropped]`] : []),
    ...hint(argv, result),
  ]
  return {
    text: parts.join('\n'),
    changed: 'unknown',
    artifacts,
    exit_code: result.exit_code,
    events: [
      {
        event: 'command_executed',
        facts: {
          argv_hash: sha256(canonicalJson(argv)),
          exit_code: result.exit_code,
          duration_ms: Math.round(result.duration_ms),
        },
      },
    ],
  }
}

function ending({ ended_by, exit_code, signal }: ExecResult, { seconds, most }: Limit): string {
  switch (ended_by) {
    case 'exit':
      return exit_code === null ? `ended by signal ${signal ?? 'unknown'}` : `exit code ${exit_code}`
    case 'timeout':
      return `stopped at its limit of ${seconds} s (timeout_seconds, at most ${most})`
    case 'out_of_memory':
      return 'killed: out of memory'
    case 'aborted':
      return 'aborted'
    default:
      return ended_by satisfies never
  }
}

function hint(argv: readonly string[], { exit_code }: ExecResult): readonly string[] {
  const [first = ''] = argv
  if (exit_code !== 126 && exit_code !== 127) return []
  if (argv.length === 1 && /\s/.test(first))
    return [
      `[argv is a list of words: ${JSON.stringify(first.trim().split(/\s+/))}, or ["sh","-c",${JSON.stringify(first)}]]`,
    ]
  return [`[${JSON.stringify(first)} can't be run here; look with ["sh","-c","command -v NAME"]]`]
}

const commandName = ([first = 'command']: readonly string[]): string =>
  first
    .slice(first.lastIndexOf('/') + 1)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 40)

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
