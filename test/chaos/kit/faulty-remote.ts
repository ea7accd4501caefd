import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startGitServer } from '../../support/git-server.ts'

/** Repositories over smart HTTP, of whose answers a share are faults once it is told so. */
export interface FaultyRemote {
  readonly url: string
  readonly requests: () => number
  readonly faults: () => number
  /** Answers this share with faults from now on; 0 serves all. */
  failing(share: number): void
  close(): Promise<void>
}

/** `lost`: done there, and nobody hears of it. `cut`: the answer ends in its middle. */
const FAULTS = [429, 500, 503, 'dropped', 'lost', 'cut', 'malformed'] as const

/** Serves the bare repositories of a folder on loopback. */
export async function openFaultyRemote(root: string, random: () => number): Promise<FaultyRemote> {
  const real = await startGitServer({ root })
  const told = { share: 0, requests: 0, faults: 0 }
  const server = createServer((request, response) => {
    told.requests++
    const fault = random() < told.share ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined
    if (fault !== undefined) told.faults++
    if (fault === 'dropped') request.socket.destroy()
    else if (typeof fault === 'number') refuse(request, response, fault)
    else passOn(real.url, { request, response, fault })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => told.requests,
    faults: () => told.faults,
    failing: (share) => {
      told.share = share
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((closed) => server.close(() => closed()))
      await real.close()
    },
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume()
  response.writeHead(status, status === 429 ? { 'retry-after': '0' } : {}).end('not now')
}

interface Passing {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly fault: 'lost' | 'cut' | 'malformed' | undefined
}

function passOn(url: string, { request, response, fault }: Passing): void {
  const { method, headers } = request
  const onward = ask(`${url}${request.url ?? '/'}`, { method, headers }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('end', () => give({ request, response, fault }, answer, Buffer.concat(chunks)))
  })
  onward.on('error', () => request.socket.destroy())
  request.pipe(onward)
}

function give({ request, response, fault }: Passing, { statusCode, headers }: IncomingMessage, body: Buffer): void {
  if (fault === 'lost') request.socket.destroy()
  else if (fault === 'malformed') response.writeHead(200, headers).end(Buffer.alloc(body.length, 'x'))
  else if (fault === 'cut')
    response
      .writeHead(statusCode ?? 502, headers)
      .write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.destroy())
  else response.writeHead(statusCode ?? 502, headers).end(body)
}
