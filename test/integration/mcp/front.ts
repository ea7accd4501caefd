import { once } from 'node:events'
import {
  createServer,
  request as ask,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'

/** What stands before a server for a client that has no token and asks by other names. */
interface FrontParts {
  readonly to: { readonly host: string; readonly port: number } | { readonly socketPath: string }
  readonly token: string
  /** Pairs of the client's word and the server's; requests are put into the one, answers into the other. */
  readonly names: readonly (readonly [string, string])[]
  /** Ends the server behind. */
  readonly closing: () => Promise<void>
}

export interface Front {
  readonly port: number
  close(): Promise<void>
}

/** Adds the token and translates names; host, origin and everything else go through as they come. */
export async function startFront({ to, token, names, closing }: FrontParts): Promise<Front> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(request)
    const asked = names.reduce((text, [theirs, ours]) => text.replaceAll(theirs, ours), body)
    const headers = { ...unsized(request.headers), authorization: `Bearer ${token}` }
    const size = { 'content-length': Buffer.byteLength(asked) }
    const onward = ask({ ...to, path: request.url, method: request.method, headers: { ...headers, ...size } })
    onward.end(asked)
    const [answered] = (await once(onward, 'response')) as [IncomingMessage]
    const text = await textOf(answered)
    response.writeHead(answered.statusCode ?? 500, unsized(answered.headers))
    response.end(names.toReversed().reduce((words, [theirs, ours]) => words.replaceAll(ours, theirs), text))
  }
  const front = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((done) => front.listen(0, '127.0.0.1', done))
  const address = front.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: async () => {
      front.closeAllConnections()
      front.close()
      await closing()
    },
  }
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}

const unsized = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => name !== 'content-length' && name !== 'transfer-encoding'),
  )
