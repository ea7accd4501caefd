import { Buffer } from 'node:buffer'
import { open } from 'node:fs/promises'
import { GanderError } from '#domain/failure'

const PIECE = 256 * 1024

/** The bytes of a file in pieces; each piece is gone when the next one is asked for. */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw refusal(path, error)
  })
  try {
    if ((await file.stat()).isDirectory()) throw refusal(path, { code: 'EISDIR' })
    const piece = Buffer.allocUnsafe(PIECE)
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE)
      if (bytesRead === 0) return
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

function refusal(path: string, cause: unknown): GanderError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  const [what, remedy] =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? [`There is no file ${path}.`, 'Name a file that is there, or - for standard input.']
      : code === 'EISDIR'
        ? [`${path} is a folder.`, 'Name one file in it, or - for standard input.']
        : code === 'EACCES' || code === 'EPERM'
          ? [`${path} may not be read by you.`, 'Give yourself the right to read it, or pipe it in and name -.']
          : [`${path} cannot be read${typeof code === 'string' ? ` (${code})` : ''}.`, 'Pipe its text in and name -.']
  return new GanderError('usage', what, { remedy })
}
