import { mkdir } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

/** A way to the database that loses answers: what was asked has been done, and who asked never hears of it. */
export interface CuttingProxy {
  /** Address of the database through the proxy. */
  readonly url: string
  readonly cuts: () => number
  /** Cuts this share of answers from now on; 0 lets all through. */
  cutting(share: number): void
  close(): Promise<void>
}

interface Cutting {
  share: number
  cuts: number
  readonly random: () => number
}

/** Opens a proxy in a folder of its own, between a `postgres://` address with a socket folder and its users. */
export async function openCuttingProxy(
  database_url: string,
  folder: string,
  random: () => number,
): Promise<CuttingProxy> {
  await mkdir(folder, { recursive: true })
  const host = new URL(database_url.replace('@/', '@localhost/')).searchParams.get('host') ?? ''
  const state: Cutting = { share: 0, cuts: 0, random }
  const open = new Set<Socket>()
  const server = createServer((client) => {
    open.add(client)
    client.on('close', () => open.delete(client))
    relay(client, connect(join(host, '.s.PGSQL.5432')), state)
  })
  await new Promise<void>((ready) => server.listen(join(folder, '.s.PGSQL.5432'), ready))
  return {
    url: database_url.replace(encodeURIComponent(host), encodeURIComponent(folder)),
    cuts: () => state.cuts,
    cutting: (share) => {
      state.share = share
    },
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise<void>((closed) => server.close(() => closed()))
    },
  }
}

/** Messages that ask for something to be done and committed. */
const WRITES = /write_run|begin_step|commit|submit_run|heartbeat/i

/** Passes everything on; an answer to a write may be dropped together with its connection. */
function relay(client: Socket, server: Socket, state: Cutting): void {
  let doomed = false
  const end = () => {
    client.destroy()
    server.destroy()
  }
  client.on('data', (asked: Buffer) => {
    if (!doomed && state.share > 0 && WRITES.test(asked.toString('latin1')) && state.random() < state.share)
      doomed = true
    server.write(asked)
  })
  server.on('data', (answer: Buffer) => {
    if (doomed) {
      state.cuts++
      end()
    } else client.write(answer)
  })
  for (const socket of [client, server]) socket.on('error', end).on('close', end)
}
