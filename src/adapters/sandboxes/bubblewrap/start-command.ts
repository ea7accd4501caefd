import type { Readable } from 'node:stream'
import type { ProcessEnd, SandboxProcess } from '#ports'
import { keepLast } from '../fence/captured-output.ts'
import { setupFailure } from './failed-start.ts'
import { readsNoMore, spawnFailure, stillborn } from '../fence/not-started.ts'
import { type CommandLaunch, describeEnd, spawnCommand, type SpawnedCommand } from './spawn-command.ts'

const ERROR_BYTES = 65_536

/** A stream that is cut off is one that has ended: how the command ended is told by its end. */
const readToEnd = async function* (stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch {
    // The end says more than the stream knows.
  }
}

const writer =
  (command: SpawnedCommand, ended: Promise<unknown>) =>
  async (bytes: string | Uint8Array): Promise<void> => {
    const { stdin } = command
    if (stdin === undefined || !stdin.writable) throw readsNoMore()
    const taken = new Promise<void>((resolve, reject) => {
      stdin.write(bytes, (error) => {
        if (error === null || error === undefined) resolve()
        else reject(readsNoMore())
      })
    })
    await Promise.race([
      taken,
      ended.then(() => {
        throw readsNoMore()
      }),
    ])
  }

/** Starts one command that is spoken with. @throws GanderError `sandbox_unavailable` */
export const startCommand = async (run: CommandLaunch, onEnd: () => Promise<void>): Promise<SandboxProcess> => {
  const started = performance.now()
  const kills_before = run.outOfMemoryKills()
  let command: SpawnedCommand
  try {
    command = spawnCommand(run, 'pipe')
  } catch (error) {
    await onEnd()
    return stillborn(spawnFailure(error))
  }
  const errors = keepLast(ERROR_BYTES)
  command.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const finish = async (): Promise<void> => {
    command.release()
    await onEnd()
  }
  try {
    await Promise.race([command.reported, command.ended])
    // Without a word of bubblewrap there is no command: it tells why on its standard error.
    if (!command.report().includes('child-pid')) {
      const ending = await command.ended
      if (ending.by === 'exit') {
        await command.drain()
        const failed = stillborn(setupFailure(ending.code, errors.text()))
        await finish()
        return failed
      }
    }
  } catch (error) {
    await finish()
    throw error
  }
  const ended: Promise<ProcessEnd> = command.ended.then((ending) => {
    const killed_for_memory = run.outOfMemoryKills() > kills_before
    return { ...describeEnd(ending, killed_for_memory), duration_ms: performance.now() - started }
  })
  // The outputs belong to whoever reads them; the pipes go back when they are read to the end.
  void ended.then(() => {
    command.stdin?.destroy()
    command.releaseWhenRead()
    return onEnd()
  })
  return {
    output: readToEnd(command.stdout),
    errors: errors.text,
    write: writer(command, ended),
    closeInput: () => void command.stdin?.end(),
    ended,
    kill: async () => {
      command.kill('aborted')
      await ended
    },
  }
}
