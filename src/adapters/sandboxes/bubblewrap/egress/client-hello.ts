import type { Socket } from 'node:net'

const WAIT_MS = 15_000
const MAX_BYTES = 65_536
const HANDSHAKE_RECORD = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0

/** Handshake bytes of the leading TLS records; undefined while incomplete, `foreign` where it is not TLS. */
const handshakeOf = (bytes: Buffer): Buffer | 'foreign' | undefined => {
  const parts: Buffer[] = []
  let at = 0
  while (at + 5 <= bytes.length) {
    if (bytes[at] !== HANDSHAKE_RECORD || bytes[at + 1] !== 3) return 'foreign'
    const length = bytes.readUInt16BE(at + 3)
    if (at + 5 + length > bytes.length) return undefined
    parts.push(bytes.subarray(at + 5, at + 5 + length))
    at += 5 + length
    const whole = Buffer.concat(parts)
    if (whole.length > 0 && whole[0] !== CLIENT_HELLO) return 'foreign'
    if (whole.length >= 4 && whole.length >= 4 + whole.readUIntBE(1, 3))
      return whole.subarray(4, 4 + whole.readUIntBE(1, 3))
  }
  return bytes.length > 0 && bytes[0] !== HANDSHAKE_RECORD ? 'foreign' : undefined
}

/** The server name of a ClientHello's body; undefined where it names none. */
const serverNameOf = (hello: Buffer): string | undefined => {
  let at = 2 + 32
  at += 1 + hello.readUInt8(at)
  at += 2 + hello.readUInt16BE(at)
  at += 1 + hello.readUInt8(at)
  const end = at + 2 + hello.readUInt16BE(at)
  at += 2
  while (at + 4 <= end) {
    const [type, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)]
    // One entry of kind host_name: list length (2), kind (1), name length (2), name.
    if (type === SERVER_NAME) return hello.toString('latin1', at + 9, at + 9 + hello.readUInt16BE(at + 7)).toLowerCase()
    at += 4 + length
  }
  return undefined
}

/** What a TLS client says first and whom it names; `bytes` must be passed on. The socket is left paused. */
export const namedServer = (socket: Socket): Promise<{ readonly name: string | undefined; readonly bytes: Buffer }> =>
  new Promise((resolve) => {
    let bytes = Buffer.alloc(0)
    const finish = (name: string | undefined): void => {
      clearTimeout(timer)
      socket.removeListener('data', onData).removeListener('close', onClose)
      socket.pause()
      resolve({ name, bytes })
    }
    const timer = setTimeout(() => finish(undefined), WAIT_MS)
    const onClose = (): void => finish(undefined)
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const handshake = handshakeOf(bytes)
      if (handshake === undefined && bytes.length < MAX_BYTES) return
      try {
        finish(handshake === undefined || handshake === 'foreign' ? undefined : serverNameOf(handshake))
      } catch {
        finish(undefined)
      }
    }
    socket.on('data', onData)
    socket.once('close', onClose)
    socket.resume()
  })
