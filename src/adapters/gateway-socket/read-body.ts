import type { IncomingMessage } from 'node:http'

/** What a client may go on sending after it was told that it sent too much. */
const LINGER_MS = 1_000

/**
 * The text of a request; undefined where it is larger than `max_bytes`. The rest of such a request is thrown away for a
 * second, so that the client hears the answer before its connection ends.
 */
export async function readBody(request: IncomingMessage, max_bytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = Number(request.headers['content-length'] ?? 0) > max_bytes ? Number.POSITIVE_INFINITY : 0
  if (bytes === 0)
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength
      if (bytes > max_bytes) break
      chunks.push(chunk)
    }
  if (bytes <= max_bytes) return Buffer.concat(chunks).toString('utf8')
  request.on('error', () => undefined).resume()
  setTimeout(() => request.destroy(), LINGER_MS).unref()
  return undefined
}
