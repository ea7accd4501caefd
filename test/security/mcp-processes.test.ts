import { existsSync, readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld } from '../integration/mcp/world.ts'
import { SANDBOX_KINDS } from './evil-model/sandbox-kinds.ts'

type Seen = Readonly<Record<string, unknown>>

describe.each(SANDBOX_KINDS)('the processes of foreign servers on $name', ({ available, makeDriver }) => {
  let first: Seen
  let second: Seen
  let left: readonly string[]

  /** Two servers of one run look around, one after the other, while a port of the host listens. */
  beforeAll(async () => {
    if (!available) return
    process.env['GANDER_CANARY_TOKEN'] = 'canary-of-the-worker'
    const world = await openWorld(makeDriver)
    const listener = await listening()
    try {
      const port = String((listener.address() as { readonly port: number }).port)
      for (const id of ['docs', 'other']) await world.pin('spy', id)
      const [docs, other] = ['docs', 'other'].map((id) => ({ ...world.another(id, 'spy', port), resources: [] }))
      const { tools } = await world.bind('spy', docs, other === undefined ? [] : [other])
      const look = async (name: string) => {
        const { text } = await world.call(tools, { text: 'x' }, name)
        return JSON.parse(/\{.*\}/s.exec(text)?.[0] ?? '{}') as Seen
      }
      first = await look('mcp__docs__echo')
      second = await look('mcp__other__echo')
      const folder = join(world.folder, 'mcp', 'docs')
      left = [...(existsSync(folder) ? readdirSync(folder) : []), ...readdirSync(join(world.folder, 'server'))]
    } finally {
      listener.close()
      await world.close()
    }
  })
  afterAll(() => {
    delete process.env['GANDER_CANARY_TOKEN']
  })

  it.skipIf(!available)(
    'MC-06 one that says it only reads writes into its own memory, and nothing reaches the host',
    () => {
      expect(first['own']).toBe('written')
      expect(first['program']).toMatch(/^refused/)
      expect(left).toEqual(['server.mjs'])
    },
  )

  it.skipIf(!available)(
    'MC-09 one finds no variable, file, process or network of ours, and reads what was granted',
    () => {
      expect(first['env']).not.toContain('GANDER_CANARY_TOKEN')
      expect(first['env']).not.toContain('DATABASE_URL')
      expect(first['workspace']).toEqual([])
      expect(first['tmp']).toEqual([])
      expect(first['outside']).toMatch(/^refused/)
      expect(first['shadow']).toMatch(/^refused/)
      expect(first['processes']).toBeLessThan(8)
      for (const net of first['net'] as readonly string[]) expect(net).toMatch(/ENETUNREACH|EPERM|EACCES|ECONNREFUSED/)
      expect(first['granted']).toEqual(['server.mjs'])
    },
  )

  it.skipIf(!available)('MC-09 another finds nothing of what the first one wrote, and writes for itself', () => {
    expect(second).toMatchObject({ workspace: [], tmp: [], own: 'written' })
  })
})

const listening = () =>
  new Promise<Server>((done) => {
    const server = createServer((socket) => socket.destroy())
    server.listen(0, '127.0.0.1', () => done(server))
  })
