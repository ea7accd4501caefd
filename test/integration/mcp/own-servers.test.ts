import { mkdtempSync, rmSync } from 'node:fs'
import { request as ask } from 'node:http'
import { tmpdir } from 'node:os'
import { connect, createServer as createDoor } from 'node:net'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readEvidence } from '#evidence-plane/packet'
import { createAssistantServer, serveGuestTools, serveOverHttp } from '#adapters/mcp-server'
import { createRedactor } from '#evidence-plane/redaction'
import type { AgentTools, Platform } from '#ports'
import { FILES, openDesk } from '../tools/tool-desk.ts'

const TOKEN = 'a-token-of-this-test'
const platform = { list: async () => [], view: async () => undefined } as unknown as Platform
let served: Awaited<ReturnType<typeof serveOverHttp>>

beforeAll(async () => {
  const factory = () =>
    createAssistantServer({ platform, redactor: createRedactor(), version: '0.0.0-test', readEvidence })
  served = await serveOverHttp({ factory, at: { port: 0 }, token: TOKEN })
})
afterAll(() => served.close())

const post = (
  headers: Record<string, string>,
  at: object = { host: '127.0.0.1', port: served.port },
  method = 'tools/list',
) =>
  new Promise<{ status: number; text: string }>((done, fail) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} })
    const plain = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const sent = ask({ ...at, method: 'POST', path: '/mcp', headers: { ...plain, ...headers } }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
      answer.on('end', () => done({ status: answer.statusCode ?? 0, text }))
    })
    sent.on('error', fail)
    sent.end(body)
  })

describe('the server for assistants', () => {
  it('refuses without the token, from another origin and under another name; answers with all three right', async () => {
    const authorization = `Bearer ${TOKEN}`
    expect((await post({})).status).toBe(401)
    expect((await post({ authorization: 'Bearer wrong' })).status).toBe(401)
    expect((await post({ authorization, origin: 'https://evil.example' })).status).toBe(403)
    expect((await post({ authorization, host: 'evil.example' })).status).toBe(403)
    const { status, text } = await post({ authorization })
    expect(status).toBe(200)
    expect(text).toContain('get_evidence')
    expect(text).not.toContain('submit_task')
  })
})

describe('the server for guests', () => {
  it('offers the reading tools and verify at a socket, and nothing without the token', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gander-guest-'))
    const declare = (name: string) => ({ name, description: name, input_schema: { type: 'object' } })
    const tools: AgentTools = {
      declarations: () => ['file_read', 'file_write', 'verify'].map(declare),
      call: async ({ id, name }) => ({ answer: { call_id: id, name, text: 'ok', is_error: false }, control: null }),
      leave: async () => ({ answer: 'refuse', rule: 'x', message: 'x' }),
    }
    const at = { socketPath: join(folder, 's') }
    const nextKey = () => 'guest:1'
    const guest = { tools, phase: 'editing', nextKey, token: TOKEN, socket: at.socketPath, version: '0' } as const
    const serving = await serveGuestTools(guest)
    expect((await post({ host: 'localhost' }, at)).status).toBe(401)
    const { text } = await post({ host: 'localhost', authorization: `Bearer ${TOKEN}` }, at)
    expect(text).toContain('"verify"')
    expect(text).not.toContain('file_write')
    await serving.close()
    rmSync(folder, { recursive: true })
  })
})

describe('the server for guests, over the tools of a real run', () => {
  it("gives repository context and verify through the run's own gateway and journal, and no hand that writes", async () => {
    const desk = await openDesk(FILES)
    const folder = mkdtempSync(join(tmpdir(), 'gander-guest-'))
    const socket = join(folder, 's')
    let calls = 0
    const nextKey = () => `guest:mcp:${calls++}`
    const { tools } = desk
    const serving = await serveGuestTools({ tools, phase: 'editing', nextKey, token: TOKEN, socket, version: '0' })
    // The door of a guest's sandbox: a port of its own loopback that ends at the socket.
    const door = createDoor((inside) => void inside.pipe(connect(socket)).pipe(inside))
    await new Promise<void>((done) => door.listen(0, '127.0.0.1', done))
    const address = door.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const client = new Client({ name: 'a-guest', version: '1.0.0' })
    const headers = { authorization: `Bearer ${TOKEN}` }
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), { requestInit: { headers } }),
    )
    const ask = async (name: string, args: Record<string, unknown>) => {
      const { content, isError } = await client.callTool({ name, arguments: args })
      const [part] = content
      return { text: part?.type === 'text' ? part.text : '', is_error: isError === true }
    }

    const listed = (await client.listTools()).tools.map(({ name }) => name).toSorted()
    expect(listed).toEqual(['file_list', 'file_read', 'file_search', 'git_diff', 'verify'])
    expect((await ask('file_read', { path: 'src/app.ts' })).text).toContain('return a - b')
    expect((await ask('file_search', { pattern: 'needle' })).text).toContain('deep/a/b/c/d.txt')
    expect((await ask('verify', {})).text).toContain('passed: 3 tests')
    expect(await ask('file_read', { path: '../../etc/passwd' })).toMatchObject({ is_error: true })
    expect(await ask('file_write', { path: 'src/app.ts', content: 'x' })).toMatchObject({ is_error: true })
    expect(await desk.inTree('src/app.ts')).toContain('return a - b')
    expect(desk.steps.map(({ key }) => key)).toEqual([0, 1, 2, 3].map((n) => `guest:mcp:${n}`))
    expect(desk.steps.slice(0, 3).every(({ decision }) => decision?.answer === 'allow')).toBe(true)
    await client.close()
    door.close()
    await serving.close()
    await desk.close()
    rmSync(folder, { recursive: true })
  })
})
