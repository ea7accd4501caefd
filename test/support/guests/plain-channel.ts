import { chmodSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import type { GuestAdmission, GuestChannel, GuestExchange } from '#ports'

/** A channel that checks nothing: a unix socket to a server on this machine. What the gateway does is tested elsewhere. */
export async function plainChannel(
  folder: string,
  port: number,
  exchanges: () => readonly GuestExchange[] = () => [],
): Promise<{ readonly admissions: GuestAdmission[]; admit(admission: GuestAdmission): Promise<GuestChannel> }> {
  const admissions: GuestAdmission[] = []
  return {
    admissions,
    admit: async (admission) => {
      admissions.push(admission)
      const socket = join(folder, `channel-${admissions.length}.sock`)
      const server = createServer((inner) => {
        const outer = connect(port, '127.0.0.1')
        inner.on('error', () => outer.destroy())
        outer.on('error', () => inner.destroy())
        inner.pipe(outer).pipe(inner)
      })
      server.listen(socket)
      await new Promise((settle) => server.once('listening', settle))
      chmodSync(socket, 0o666)
      return {
        socket,
        token: 'channel-token-of-a-test',
        exchanges: async () => exchanges(),
        close: async () => {
          server.close()
          return exchanges()
        },
      }
    },
  }
}
