import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { namedServer } from './client-hello.ts'

/** What is read from a client that connects and does this. */
const read = async (act: (port: number) => void): Promise<Awaited<ReturnType<typeof namedServer>>> => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  act(typeof address === 'object' && address !== null ? address.port : 0)
  const [socket] = (await once(server, 'connection')) as [Socket]
  const result = await namedServer(socket)
  socket.destroy()
  server.close()
  return result
}

describe('namedServer', () => {
  it('reads the name out of a real handshake, and keeps every byte', async () => {
    const { name, bytes } = await read((port) => {
      connectTls({ port, host: '127.0.0.1', servername: 'Registry.Example.org' }).on('error', () => undefined)
    })
    expect(name).toBe('registry.example.org')
    expect(bytes[0]).toBe(22)
  })

  it('finds no name in a handshake without one, in what is no TLS, and in broken TLS', async () => {
    const none = await read((port) => {
      connectTls({ port, host: '127.0.0.1' }).on('error', () => undefined)
    })
    expect(none.name).toBeUndefined()
    for (const text of [
      'GET / HTTP/1.1\r\n\r\n',
      '\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u0000',
      '\u0016\u0003\u0001\u0000\u0004\u0002\u0000\u0000\u0000',
    ]) {
      const result = await read((port) => {
        connect(port, '127.0.0.1', function (this: Socket) {
          this.write(Buffer.from(text, 'latin1'))
        }).on('error', () => undefined)
      })
      expect(result.name).toBeUndefined()
    }
  })
})
