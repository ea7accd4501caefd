import { mkdirSync } from 'node:fs'
import { GanderError } from '#domain/failure'
import { keepLast } from '../fence/captured-output.ts'
import type { Container } from './container.ts'
import type { CopyLimits, RefusedPath } from './plain-copy.ts'
import { unpackTar } from './safe-tar.ts'
import { startCommand } from './start-command.ts'

const TAR_TIMEOUT_MS = 600_000
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What tar says about a file that it leaves out; it is untrusted like the archive, and only ever shown. */
const LEFT_OUT = /^tar: \.\/(.*): (Cannot open|Cannot read|Cannot stat|socket ignored|Cannot readlink)\b.*$/gm

const leftOut = (complaints: string): readonly RefusedPath[] =>
  [...complaints.matchAll(LEFT_OUT)].map(([, path = '', why = '']) => ({
    path,
    reason: why === 'socket ignored' ? 'it is a socket' : 'it cannot be read',
  }))

/**
 * Copies a folder of a container into a host folder of the platform's own. The archive is written inside, with the
 * rights of the run's own user, and is untrusted. @throws GanderError `sandbox_unavailable`
 */
export const copyOut = async (
  container: Container,
  inner: string,
  folder: string,
  limits: CopyLimits,
): Promise<readonly RefusedPath[]> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const running = await startCommand(container, {
    argv: ['tar', '--format=gnu', '--quoting-style=literal', '-cf', '-', '.'],
    folder: inner,
    environment: { PATH, LANG: 'C', LC_ALL: 'C' },
    timeout_ms: TAR_TIMEOUT_MS,
    signal: undefined,
  })
  const errors = keepLast(65_536)
  running.stderr.on('data', (chunk: Buffer) => errors.push(chunk)).resume()
  running.stdin.end()
  try {
    const refused = await unpackTar(running.stdout, folder, limits)
    const end = await running.ended
    // 1: a file changed while it was read; 2: some files were left out, and are named.
    if (end.exit_code === null || end.exit_code > 2)
      throw new GanderError('sandbox_unavailable', `The sandbox's tree was not copied out: ${errors.text().trim()}.`, {
        retryable: true,
      })
    return [...refused, ...leftOut(errors.text())]
  } catch (error) {
    running.cut('aborted')
    running.stdout.resume()
    throw error
  }
}
