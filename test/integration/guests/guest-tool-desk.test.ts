import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GuestToolDoor } from '#ports'
import { createGuestToolDesk } from '../../../src/main/guest-tool-desk.ts'
import { memoryJournal } from '../../support/agents/memory-journal.ts'
import { scriptedTools } from '../../support/agents/scripted-session.ts'

let home: string
let registered: string[]
const tools = () => scriptedTools(memoryJournal())

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-desk-'))
  registered = []
})
afterEach(() => rm(home, { recursive: true, force: true }))

const deskAt = (folder: string) =>
  createGuestToolDesk({
    home: folder,
    version: 'test',
    redactor: {
      register: (_, value) => void registered.push(value),
      redact: async (text) => ({ text, count: 0, kinds: [], confirmed: false }),
      version: 'test',
    },
  })

async function open(folder = home) {
  const own = tools()
  let calls = 0
  const door = await deskAt(folder).open({ tools: own, phase: 'editing', nextKey: () => `key:${calls++}` })
  return { door, called: own.called }
}

/** Calls a method as a guest does, over the door's socket. */
const ask = (door: GuestToolDoor, method: string, params: object, over: Readonly<Record<string, string>> = {}) =>
  new Promise<{ readonly status: number; readonly text: string }>((settle, fail) => {
    const headers = {
      host: '127.0.0.1:4181',
      authorization: `Bearer ${door.token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...over,
    }
    const sent = request({ socketPath: door.socket, path: '/mcp', method: 'POST', headers }, (answer) => {
      let text = ''
      answer.on('data', (piece: Buffer) => (text += piece.toString()))
      answer.on('end', () => settle({ status: answer.statusCode ?? 0, text }))
    })
    sent.on('error', fail)
    sent.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  })

describe("a guest's door to the tools of its run", () => {
  it('answers whoever has its token, and nobody else', async () => {
    const { door, called } = await open()
    const verify = { name: 'verify', arguments: {} }
    expect((await ask(door, 'tools/call', verify)).text).toContain('ok')
    for (const authorization of ['Bearer gdt_wrong', ''])
      expect((await ask(door, 'tools/call', verify, { authorization })).status).toBe(401)
    expect((await ask(door, 'tools/call', verify, { host: 'attacker.example' })).status).toBe(403)
    expect(called.map(({ name, key }) => [name, key])).toEqual([['verify', 'key:0']])
    await door.close()
  })

  it('offers verify and reading, and no tool that writes or decides', async () => {
    const { door, called } = await open()
    const offered = (await ask(door, 'tools/list', {})).text
    expect(offered).toContain('"verify"')
    expect(offered).toContain('"file_read"')
    for (const name of ['file_write', 'shell_exec', 'finish', 'submit_plan']) {
      expect(offered).not.toContain(`"${name}"`)
      expect((await ask(door, 'tools/call', { name, arguments: {} })).text).toContain('no tool of that name')
    }
    expect(called).toEqual([])
    await door.close()
  })

  it('is open to this user alone, has a token of its own that is redacted, and is gone when it is closed', async () => {
    const one = await open()
    const other = await open()
    expect((await stat(join(home, 'doors'))).mode & 0o077).toBe(0)
    expect(one.door.token).not.toBe(other.door.token)
    expect(registered).toEqual([one.door.token, other.door.token])
    await Promise.all([one.door.close(), other.door.close()])
    expect(await readdir(join(home, 'doors'))).toEqual([])
  })

  it('is cleared away after a worker that was killed, while one that is served stays', async () => {
    const served = await open()
    await writeFile(join(home, 'doors', 'dead.sock'), '')
    const next = await open()
    expect(await readdir(join(home, 'doors'))).toHaveLength(2)
    expect((await ask(served.door, 'tools/list', {})).status).toBe(200)
    await Promise.all([served.door.close(), next.door.close()])
  })

  it('opens for a home too deep for a socket as well', async () => {
    const { door } = await open(join(home, 'deep/'.repeat(30)))
    expect(Buffer.byteLength(door.socket)).toBeLessThanOrEqual(107)
    expect((await ask(door, 'tools/list', {})).status).toBe(200)
    await door.close()
    await rm(dirname(door.socket), { recursive: true })
  })
})
