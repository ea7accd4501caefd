import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { ensureGateway, type GatewayConnection } from '#adapters/gateway-socket'
import { openDatabase, type Database } from '#adapters/postgres'
import type { ModelChoice } from '#domain/task'
import { useCompiledCode } from '../../support/gateway/compile-cache.ts'
import { modelCall } from '../../support/gateway/model-call.ts'
import { startScriptedModel, type Script, type ScriptedModel } from '../../support/scripted-model/index.ts'
import { asTenant } from '../../support/as-tenant.ts'

useCompiledCode()
const KEY = 'sk-test-0123456789abcdef'
let home: string
let database: Database
let server: ScriptedModel
let script: Script
const open: GatewayConnection[] = []

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-process-'))
  database = await openDatabase({ home })
})
beforeEach(async () => {
  script = ({ n }) => ({ text: `Answer ${n}.` })
  server = await startScriptedModel((turn) => script(turn))
})
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close()
  for (const pid of await gatewayPids()) process.kill(pid, 'SIGKILL')
  await server.close()
})
afterAll(async () => {
  await database.close()
  await rm(home, { recursive: true, force: true })
})

const connect = async (idle_ms = 30_000): Promise<GatewayConnection> => {
  const connection = await ensureGateway({ home, keys: { scripted: KEY }, idle_ms })
  open.push(connection)
  return connection
}
const model = (): ModelChoice => ({
  provider: 'scripted',
  model: 'm',
  api: 'openai-chat',
  url: server.url('openai-chat'),
})

async function gatewayPids(): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -- "-> ${home}$" || true`,
  ])
  const pids = [...stdout.matchAll(/\/proc\/(\d+)\/cwd/g)].map((match) => Number(match[1]))
  const names = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => names[index]?.includes('gander-gateway'))
}

async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await condition()) return
    await sleep(20)
  }
  throw new Error('it did not happen within twenty seconds')
}

it('answers over the database’s journal, and returns the recorded answer after it was killed', async () => {
  const { gateway } = await connect()
  const before = await gateway.call(modelCall('a/1/0', model()))
  expect(before).toMatchObject({ status: 'answered', text: 'Answer 1.' })
  for (const pid of await gatewayPids()) process.kill(pid, 'SIGKILL')
  expect(await gateway.call(modelCall('a/1/0', model()))).toEqual(before)
  expect(server.requests).toHaveLength(1)
})

it('says unknown when it was killed in the middle of a call, and the next attempt is sent once', async () => {
  script = ({ n }) => ({ text: `Answer ${n}.`, delay_ms: n === 1 ? 5_000 : 0 })
  const { gateway } = await connect()
  const call = gateway.call(modelCall('b/1/0', model()))
  await waitFor(() => server.requests.length === 1)
  for (const pid of await gatewayPids()) process.kill(pid, 'SIGKILL')
  expect(await call).toMatchObject({ status: 'unknown' })
  expect(await gateway.call(modelCall('b/1/1', model()))).toMatchObject({ text: 'Answer 2.' })
  expect(server.requests).toHaveLength(2)
})

it('ends the races of many starters in one gateway', async () => {
  const connections = await Promise.all(Array.from({ length: 4 }, () => connect()))
  const calls = connections.map(({ gateway }) => gateway.call(modelCall('c/1/0', model())))
  expect(new Set((await Promise.all(calls)).map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(server.requests).toHaveLength(1)
  await waitFor(async () => (await gatewayPids()).length === 1)
})

it('goes on with a call in flight when its database connection breaks', async () => {
  script = () => ({ text: 'Through.', delay_ms: 1_500 })
  const { gateway } = await connect()
  const call = gateway.call(modelCall('d/1/0', model()))
  await waitFor(() => server.requests.length === 1)
  const broken = await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gander-gateway' and usename = current_user`,
  )
  expect(broken.rowCount).toBeGreaterThan(1)
  expect(await call).toMatchObject({ status: 'answered', text: 'Through.' })
  expect(await gateway.call(modelCall('d/2/0', model()))).toMatchObject({ status: 'answered' })
  expect(await gatewayPids()).toHaveLength(1)
})

it('keeps the key out of the database', async () => {
  script = () => ({ text: `It is ${KEY}.` })
  const { gateway } = await connect()
  await gateway.call(modelCall('e/1/0', model()))
  const { rows } = await asTenant(database, 'select * from gander.exchange')
  expect(JSON.stringify(rows)).toContain('e/1/0')
  expect(JSON.stringify(rows)).not.toContain(KEY)
})

it('takes over from a gateway of another version after that one has drained', async () => {
  script = ({ n }) => ({ text: `Answer ${n}.`, delay_ms: n === 1 ? 1_000 : 0 })
  const old = await connect()
  const [before] = await gatewayPids()
  const call = old.gateway.call(modelCall('f/1/0', model()))
  await waitFor(() => server.requests.length === 1)
  const heard: string[] = []
  const newer = await ensureGateway({
    home,
    keys: { scripted: KEY },
    version: 'a newer one',
    log: (line) => heard.push(line),
  })
  open.push(newer)
  expect(await call).toMatchObject({ status: 'answered', text: 'Answer 1.' })
  expect(await newer.gateway.call(modelCall('f/2/0', model()))).toMatchObject({ text: 'Answer 2.' })
  expect(await old.gateway.call(modelCall('f/3/0', model()))).toMatchObject({ text: 'Answer 3.' })
  expect(heard.join(' ')).toMatch(/Replacing.*Waiting/)
  expect(await gatewayPids()).not.toContain(before)
})

it('ends by itself and leaves nothing behind when no client is there', async () => {
  const connection = await connect(500)
  await connection.close()
  await waitFor(async () => (await gatewayPids()).length === 0)
})

it('names what is wrong with a database that cannot be reached', async () => {
  const database_url = 'postgres://nobody@127.0.0.1:9/none'
  await expect(ensureGateway({ home, keys: {}, database_url })).rejects.toMatchObject({ code: 'database_unavailable' })
})
