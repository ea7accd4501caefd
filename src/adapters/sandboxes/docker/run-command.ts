import { isGanderError } from '#domain/failure'
import type { ExecRequest, ExecResult, SandboxProcess } from '#ports'
import { captureStream, keepLast, readWithin } from '../fence/captured-output.ts'
import { notStarted } from '../fence/not-started.ts'
import type { Command } from './admit-command.ts'
import type { Container } from './container.ts'
import { type RunningCommand, startCommand } from './start-command.ts'

const ERROR_BYTES = 65_536

const isTooLong = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'E2BIG'
const TOO_LONG = 'the arguments are longer than the system takes'

/** Runs one command to its end and keeps its output. @throws GanderError `sandbox_unavailable` */
export const runCommand = async (
  container: Container,
  command: Command,
  request: Pick<ExecRequest, 'stdin' | 'output_bytes'>,
): Promise<ExecResult> => {
  let running: RunningCommand
  try {
    running = await startCommand(container, command)
  } catch (error) {
    if (!isGanderError(error) && isTooLong(error)) return notStarted(TOO_LONG)
    throw error
  }
  const [out, err] = [captureStream(request.output_bytes), captureStream(request.output_bytes)]
  running.stdout.on('data', (chunk: Buffer) => out.push(chunk)).resume()
  running.stderr.on('data', (chunk: Buffer) => err.push(chunk)).resume()
  running.stdin.end(request.stdin ?? '')
  const end = await running.ended
  await running.closed
  return { ...end, ...readWithin(out, err, request.output_bytes) }
}

const readsNoMore = (): Error => new Error('The command reads no more.')

/** A process that is spoken with. @throws GanderError `sandbox_unavailable` */
export const converse = async (container: Container, command: Command): Promise<SandboxProcess> => {
  const running = await startCommand(container, command)
  const errors = keepLast(ERROR_BYTES)
  running.stderr.on('data', (chunk: Buffer) => errors.push(chunk)).resume()
  const output = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of running.stdout) yield chunk as Buffer
    } catch {
      // A stream that is cut off has ended; how the command ended is told by its end.
    }
  }
  return {
    output: { [Symbol.asyncIterator]: output },
    errors: errors.text,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        void running.ended.then(() => reject(readsNoMore()))
        if (!running.stdin.writable) return reject(readsNoMore())
        running.stdin.write(bytes, (error) => (error ? reject(readsNoMore()) : resolve()))
      }),
    closeInput: () => void running.stdin.end(),
    ended: running.ended,
    kill: async () => {
      running.cut('aborted')
      await running.ended
    },
  }
}
