import { isGanderError } from '#domain/failure'
import type { ExecResult } from '#ports'
import { captureStream, readWithin } from '../fence/captured-output.ts'
import { spawnFailure } from '../fence/not-started.ts'
import { missingProgram, setupFailure } from './failed-start.ts'
import { type CommandLaunch, describeEnd, spawnCommand, type SpawnedCommand } from './spawn-command.ts'

/** One command that is run to its end. */
export interface CommandRun extends CommandLaunch {
  readonly stdin: string | undefined
  readonly output_bytes: number
}

const follow = async (command: SpawnedCommand, run: CommandRun, kills_before: number): Promise<ExecResult> => {
  const started = performance.now()
  const [out, err] = [captureStream(run.output_bytes), captureStream(run.output_bytes)]
  command.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  command.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  if (run.stdin !== undefined) command.stdin?.end(run.stdin)
  const ending = await command.ended
  await command.drain()
  const output = readWithin(out, err, run.output_bytes)
  const killed_for_memory = run.outOfMemoryKills() > kills_before
  const result = { ...describeEnd(ending, killed_for_memory), ...output, duration_ms: performance.now() - started }
  if (ending.by !== 'exit') return result
  if (!command.report().includes('"exit-code"')) {
    if (killed_for_memory) return result
    return missingProgram(ending.code, output.stderr, false) ?? setupFailure(ending.code, output.stderr)
  }
  return (run.wrapped ? missingProgram(ending.code, output.stderr, true) : undefined) ?? result
}

/** Starts one command and follows it to its end. @throws GanderError `sandbox_unavailable` */
export const runCommand = async (run: CommandRun): Promise<ExecResult> => {
  const kills_before = run.outOfMemoryKills()
  let command: SpawnedCommand | undefined
  try {
    command = spawnCommand(run, run.stdin === undefined ? 'ignore' : 'pipe')
    return await follow(command, run, kills_before)
  } catch (error) {
    if (isGanderError(error)) throw error
    return spawnFailure(error)
  } finally {
    command?.release()
  }
}
