import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { serveGuest, type GuestAnswering } from './serve-guest.ts'
import { onThisMachine } from '../../../test/support/machine-time.ts'

const LIMITS = {
  max_body_bytes: 100_000,
  max_header_bytes: 4_096,
  max_connections: 4,
  head_ms: 400,
  request_ms: 700,
  reading_ms: 150,
  check_ms: 25,
}
let folder: string
let answer: GuestAnswering['answer']
let asked = 0
let stop: () => Promise<void>
const sockets: Socket[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gander-door-'))
  stop = await serveGuest(join(folder, 's'), { answer: (request) => answer(request) }, LIMITS)
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  asked = 0
})
afterAll(async () => {
  await stop()
  await rm(folder, { recursive: true, force: true })
})

answer = async () => {
  asked += 1
  return { status: 200, headers: {}, body: 'well' }
}
const WELL = 'POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}'

/** A connection, and all that comes back until it ends. */
function dial() {
  const socket = connect(join(folder, 's'))
  sockets.push(socket)
  let text = ''
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  socket.on('error', () => undefined)
  // Not `once`: a connection that is reset is closed, too.
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const write = (piece: string) => {
    if (!socket.destroyed) socket.write(piece)
  }
  return { socket, write, closed, text: () => text }
}

async function drip(given: ReturnType<typeof dial>, text: string): Promise<number> {
  const started = Date.now()
  for (const byte of text) {
    given.write(byte)
    await Promise.race([sleep(20), given.closed])
    if (given.socket.destroyed) break
  }
  await given.closed
  return Date.now() - started
}

describe('a guest that takes its time', () => {
  it('over its headers is left when their time is over, byte by byte or silent, and others are served meanwhile', async () => {
    const [slow, silent, well] = [dial(), dial(), dial()]
    const dripped = drip(slow, `${WELL.slice(0, 30)}\r\nx: ${'y'.repeat(400)}`)
    well.write(WELL)
    await expect.poll(() => well.text()).toContain('well')
    expect(await dripped).toBeLessThan(onThisMachine(15_000))
    await silent.closed
    // A reset may overtake the answer that says why.
    expect(slow.text()).toMatch(/^$|408/)
    expect(asked).toBe(1)
  })

  it('over its body is left when the request’s time is over', async () => {
    const slow = dial()
    slow.write('POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n')
    expect(await drip(slow, '{'.repeat(900))).toBeLessThan(onThisMachine(6_000))
    expect(asked).toBe(0)
  })

  it('over reading its answer is left, and its call is heard to the end', async () => {
    let heard = 0
    const usual = answer
    answer = async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (; heard < 200; heard++) yield 'x'.repeat(64 * 1024)
      })(),
    })
    const lazy = dial()
    lazy.socket.pause()
    lazy.write(WELL)
    await expect.poll(() => heard).toBe(200)
    answer = usual
  })
})

describe('a guest that sends too much', () => {
  it('in its body is told so, whether it says how much or not, and up to the bound it is served', async () => {
    const body = 'x'.repeat(LIMITS.max_body_bytes)
    const [said, unsaid, well] = [dial(), dial(), dial()]
    said.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length + 1}\r\n\r\n${body}x`)
    const chunk = `${(50_000).toString(16)}\r\n${'x'.repeat(50_000)}\r\n`
    unsaid.write(`POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(4)}`)
    well.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    await expect.poll(() => well.text()).toContain('well')
    await Promise.all([said.closed, unsaid.closed])
    for (const each of [said, unsaid]) expect(each.text()).toMatch(/^HTTP\/1.1 413[^]*may have 100000 bytes/)
    expect(asked).toBe(1)
  })

  it('in its headers is refused', async () => {
    const large = dial()
    large.write(`POST / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(LIMITS.max_header_bytes)}\r\n\r\n`)
    await large.closed
    expect(large.text()).toContain('431')
    expect(asked).toBe(0)
  })

  it('of connections keeps those it has, and the next is closed', async () => {
    const held = Array.from({ length: LIMITS.max_connections }, () => dial())
    await Promise.all(held.map(({ socket }) => once(socket, 'connect')))
    const next = dial()
    next.write(WELL)
    await next.closed
    expect(next.text()).toBe('')
    held[0]?.write(WELL)
    await expect.poll(() => held[0]?.text()).toContain('well')
  })
})
