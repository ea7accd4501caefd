import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { remoteGateway, type RemoteGateway } from '#adapters/gateway-socket'
import { createIdentities, openDatabase, type Database } from '#adapters/postgres'
import { LOCAL_TENANT } from '#domain/ids'
import type { ModelChoice } from '#domain/task'
import type { Identities, ModelAnswer } from '#ports'
import { openCutOffHost } from '../../chaos/kit/cut-off-host.ts'
import { openWorld, orderFor, saidBy, signal, waitUntil, type Actor, type World } from '../../chaos/kit/world.ts'
import { identifiers } from '../../support/database.ts'
import { modelCall } from '../../support/gateway/model-call.ts'
import { call, finish, plan, play } from '../../support/lab/play.ts'
import { startScriptedModel, type ScriptedModel } from '../../support/scripted-model/index.ts'

const LINES = play({
  planning: [plan('greeting.txt')],
  editing: [call('file_write', { path: 'greeting.txt', content: 'good day\nand good night\n' }), finish()],
})
let world: World
let database: Database
let identities: Identities
let model: ScriptedModel
let gateway: Actor
let port: number
let line: RemoteGateway
let choice: ModelChoice

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function tokenOf(kind: 'worker' | 'service'): Promise<{ readonly id: string; readonly token: string }> {
  const wish = { tenant_id: LOCAL_TENANT, kind, name: `${kind} of another host`, oidc: null, grants: [] } as const
  const { id } = (await identities.named(LOCAL_TENANT, wish.name)) ?? (await identities.create(wish, 'test'))
  const issue = { label: 'x', scopes: null, expires_at: null }
  const { token, record } = await identities.issue(LOCAL_TENANT, id, issue, 'test')
  return { id: record.id, token }
}

beforeAll(async () => {
  world = await openWorld()
  database = await openDatabase({ url: world.database_url })
  identities = createIdentities({ database, identifiers })
  model = await startScriptedModel(LINES)
  choice = { provider: 'scripted', model: 'coder', api: 'anthropic', url: model.url('anthropic') }
  const price = { input: 1, output: 5, cached_input: 0.1 }
  await writeFile(join(world.home, 'prices.json'), JSON.stringify({ models: { scripted: { coder: price } } }))
  port = await freePort()
  gateway = await world.start(['gateway', '--listen', `0.0.0.0:${port}`])
  const fingerprint = await saidBy(gateway, /--gateway-fingerprint ([0-9a-f]{64})/)
  line = { url: `https://127.0.0.1:${port}`, fingerprint, token: (await tokenOf('worker')).token }
}, 120_000)
afterAll(async () => {
  await model.close()
  await database.close()
  await world.close()
})

/** One call through the gateway as a worker of another host makes it. */
async function callWith(wish: Partial<RemoteGateway>, key = 'far/1/0'): Promise<ModelAnswer> {
  const connection = remoteGateway({ ...line, ...wish })
  try {
    return await connection.gateway.call(modelCall(key, choice))
  } finally {
    await connection.close()
  }
}

describe('the gateway for other hosts', () => {
  test('answers a worker with a token, once for each key', async () => {
    const answer = await callWith({})
    expect(answer).toMatchObject({ status: 'answered' })
    expect(await callWith({})).toEqual(answer)
    expect(model.requests).toHaveLength(1)
  })

  test('refuses a token that is wrong, revoked or no worker’s', async () => {
    const service = await tokenOf('service')
    const revoked = await tokenOf('worker')
    await identities.revoke(LOCAL_TENANT, revoked.id, 'test')
    for (const token of ['wrong', service.token, revoked.token])
      await expect(callWith({ token }, 'far/2/0')).rejects.toMatchObject({ code: 'forbidden' })
    expect(model.requests).toHaveLength(1)
  })

  test('is not believed with another certificate, nor without TLS', async () => {
    await expect(callWith({ fingerprint: '0'.repeat(64) })).rejects.toThrow(/is not the gateway/)
    await expect(callWith({ url: `http://127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'usage' })
    const plain = connect(port, '127.0.0.1')
    plain.on('error', () => undefined)
    let heard = ''
    plain.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
    plain.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(plain, 'close')
    expect(heard).not.toContain('HTTP/1.1 200')
  })

  test('takes no keys, no drains and no guests from there', async () => {
    for (const [method, path] of [
      ['PUT', '/keys'],
      ['POST', '/drain'],
      ['POST', '/guests'],
    ]) {
      const headers = { authorization: `Bearer ${line.token}` }
      const asked = request({ host: '127.0.0.1', port, method, path, headers, rejectUnauthorized: false }).end('{}')
      const [response] = (await once(asked, 'response')) as [{ readonly statusCode: number; resume(): void }]
      response.resume()
      expect(response.statusCode, path).toBe(403)
    }
  })

  test('stands alone: a second one is refused with what to do, and so is a taken port and a home that is none', async () => {
    const second = await world.start(['gateway'])
    expect(await second.gone).not.toBe(0)
    expect(second.said()).toMatch(/serves this database already[\s\S]*next/)
    const nowhere = await world.start(['gateway'], { env: { GANDER_HOME: '/dev/null/home' } })
    expect(await nowhere.gone).not.toBe(0)
    expect(nowhere.said()).toMatch(/next/)
    const odd = await world.start(['gateway', '--listen', 'everywhere'])
    expect(await odd.gone).toBe(2)
    expect(odd.said()).toContain('HOST:PORT')
  })

  const may = canMakeHosts()
  test.skipIf(may !== undefined)(
    `lets a run ask its model from another network, without the socket${may === undefined ? '' : ` (${may})`}`,
    async () => {
      const host = await openCutOffHost(world.database_url, 51)
      try {
        const home = join(world.root, 'far')
        await mkdir(home)
        const env = { GANDER_HOME: home, GANDER_SHARED: world.home, DATABASE_URL: host.database_url }
        const url = `https://${new URL(host.database_url).hostname}:${port}`
        const words = ['--gateway', url, '--gateway-fingerprint', line.fingerprint]
        const starting = { env: { ...env, GANDER_GATEWAY_TOKEN: line.token }, wrapper: host.wrapper }
        const worker = await world.worker('far', words, starting)
        const agent = { kind: 'native', model: choice, fallback: null } as const
        const { run } = await world.platform.submit(orderFor(world.repository, 1, { agent }))
        const state = async () => (await world.platform.view(run.id))?.run.state
        await waitUntil(async () => (await state()) === 'completed', 100_000)
        const calls = await world.sql('select call_key from gander.exchange where run_id = $1', [run.id])
        expect(calls.length).toBeGreaterThan(2)
        signal(worker.pid, 'SIGTERM')
        expect(await worker.gone).toBe(0)
      } finally {
        await host.close()
      }
    },
    120_000,
  )

  test('ends in order on SIGTERM and leaves its port', async () => {
    signal(gateway.pid, 'SIGTERM')
    expect(await gateway.gone).toBe(0)
    const again = createServer().listen(port, '127.0.0.1')
    await once(again, 'listening')
    // Taken by another program now: the next gateway says so and ends.
    const next = await world.start(['gateway', '--listen', `127.0.0.1:${port}`])
    expect(await next.gone).not.toBe(0)
    expect(next.said()).toMatch(/cannot listen on port/)
    await new Promise((closed) => again.close(closed))
  })
})

/** Why this machine cannot make a host of its own; undefined where it can. */
function canMakeHosts(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces are made by root'
  try {
    const name = `gander-try-${process.pid}`
    execFileSync('ip', ['netns', 'add', name], { stdio: 'ignore' })
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'this machine makes no network namespaces'
  }
}
