import { mkdtempSync, rmSync } from 'node:fs'
import { request as ask } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAssistantServer, serveGuestTools, serveOverHttp } from '#adapters/mcp-server'
import { createRedactor } from '#evidence-plane/redaction'
import type { AgentTools, Platform } from '#ports'

const TOKEN = 'a-token-of-this-test'
const platform = { list: async () => [], view: async () => undefined } as unknown as Platform
let served: Awaited<ReturnType<typeof serveOverHttp>>

beforeAll(async () => {
  const factory = () => createAssistantServer({ platform, redactor: createRedactor(), version: '0.0.0-test' })
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
