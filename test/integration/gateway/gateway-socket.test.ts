import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ensureGateway, type GatewayConnection } from '#adapters/gateway-socket'
import type { ModelChoice } from '#domain/task'
import { useCompiledCode } from '../../support/gateway/compile-cache.ts'
import { modelCall, modelRequest } from '../../support/gateway/model-call.ts'
import { startScriptedModel, type Script, type ScriptedModel } from '../../support/scripted-model/index.ts'

const ENTRY = fileURLToPath(new URL('../../support/gateway/file-gateway.ts', import.meta.url))
useCompiledCode()
const KEY = 'sk-test-0123456789abcdef'
let home: string
let server: ScriptedModel
let script: Script
const open: GatewayConnection[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-gateway-'))
  script = () => ({ text: 'Done.' })
  server = await startScriptedModel((turn) => script(turn))
})
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close()
  for (const pid of await gatewayPids()) process.kill(pid, 'SIGKILL')
  await server.close()
  await rm(home, { recursive: true, force: true })
})

const connect = async (idle_ms = 5_000): Promise<GatewayConnection> => {
  const connection = await ensureGateway({ home, keys: { scripted: KEY }, entry: ENTRY, idle_ms })
  open.push(connection)
  return connection
}
const model = (): ModelChoice => ({ provider: 'scripted', model: 'm', api: 'anthropic', url: server.url('anthropic') })

/** Processes whose working folder is this test's home: its gateways and nothing else. */
async function gatewayPids(): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -- "-> ${home}$" || true`,
  ])
  return [...stdout.matchAll(/\/proc\/(\d+)\/cwd/g)].map((match) => Number(match[1]))
}

async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await condition()) return
    await sleep(20)
  }
  throw new Error('it did not happen within ten seconds')
}

it('starts a process of its own and answers', async () => {
  const { gateway } = await connect()
  const answer = await gateway.call(modelCall('r/1/0', model()))
  expect(answer).toMatchObject({ status: 'answered', text: 'Done.' })
  expect(await gatewayPids()).toHaveLength(1)
  expect((await gatewayPids())[0]).not.toBe(process.pid)
})

it('asks the provider once for one key, however often and from how many clients it is asked for', async () => {
  script = () => ({ text: 'Slow.', delay_ms: 300 })
  const [one, two] = [await connect(), await connect()]
  const answers = await Promise.all([one, two, one, two].map((each) => each.gateway.call(modelCall('r/1/0', model()))))
  const again = await one.gateway.call(modelCall('r/1/0', model()))
  expect(new Set([...answers, again].map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(server.requests).toHaveLength(1)
})

it('refuses a key that is used for another request', async () => {
  const { gateway } = await connect()
  await gateway.call(modelCall('r/1/0', model()))
  expect(await gateway.call(modelCall('r/1/0', model(), modelRequest('Other.')))).toMatchObject({
    status: 'failed',
    kind: 'bad_request',
    message: expect.stringContaining('another request'),
  })
  expect(server.requests).toHaveLength(1)
})

it('ends the races of many starters in one gateway', async () => {
  await Promise.all(Array.from({ length: 6 }, () => connect()))
  await waitFor(async () => (await gatewayPids()).length === 1)
})

it('finishes and records what a client left behind', async () => {
  script = () => ({ text: 'Late.', delay_ms: 400 })
  const { gateway } = await connect()
  const gone = new AbortController()
  const call = gateway.call(modelCall('r/1/0', model()), gone.signal)
  await waitFor(() => server.requests.length === 1)
  gone.abort(new Error('the worker died'))
  await expect(call).rejects.toThrow('the worker died')
  const later = await connect()
  expect(await later.gateway.call(modelCall('r/1/0', model()))).toMatchObject({ status: 'answered', text: 'Late.' })
  expect(server.requests).toHaveLength(1)
})

it('says unknown after the gateway died in the middle of a call, and sends the next attempt', async () => {
  script = ({ n }) => ({ text: `Answer ${n}.`, delay_ms: n === 1 ? 2_000 : 0 })
  const { gateway } = await connect()
  const call = gateway.call(modelCall('r/1/0', model()))
  await waitFor(() => server.requests.length === 1)
  for (const pid of await gatewayPids()) process.kill(pid, 'SIGKILL')
  expect(await call).toMatchObject({ status: 'unknown' })
  expect(server.requests).toHaveLength(1)
  expect(await gateway.call(modelCall('r/1/1', model()))).toMatchObject({ status: 'answered', text: 'Answer 2.' })
})

it('returns a recorded answer after the gateway died', async () => {
  const { gateway } = await connect()
  const before = await gateway.call(modelCall('r/1/0', model()))
  for (const pid of await gatewayPids()) process.kill(pid, 'SIGKILL')
  expect(await gateway.call(modelCall('r/1/0', model()))).toEqual(before)
  expect(server.requests).toHaveLength(1)
})

it('hands the keys to a gateway that came after, without asking twice', async () => {
  const other = await startScriptedModel(() => ({ text: 'In.' }), { key: KEY })
  const { gateway } = await connect()
  for (const pid of await gatewayPids()) process.kill(pid, 'SIGKILL')
  const choice = { ...model(), url: other.url('anthropic') }
  expect(await gateway.call(modelCall('r/1/0', choice))).toMatchObject({ text: 'In.' })
  await other.close()
})

it('keeps keys out of arguments, environment, log, journal and artifacts', async () => {
  script = () => ({ text: `Your key is ${KEY}.`, tool_calls: [{ name: 'echo', arguments: { said: [KEY] } }] })
  const { gateway } = await connect()
  const answer = await gateway.call(modelCall('r/1/0', model(), modelRequest(`I know ${KEY}`)))
  expect(server.requests[0]?.key).toBe(KEY)
  expect(JSON.stringify(answer)).not.toContain(KEY)
  expect(JSON.stringify(answer)).toContain('[redacted:')
  for (const pid of await gatewayPids())
    for (const file of ['cmdline', 'environ']) expect(await readFile(`/proc/${pid}/${file}`, 'utf8')).not.toContain(KEY)
  const kept = await readdir(home, { recursive: true, withFileTypes: true })
  const files = kept.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  expect(files.length).toBeGreaterThan(2)
  for (const file of files) expect(await readFile(file, 'utf8')).not.toContain(KEY)
})

it('lets only this user connect', async () => {
  await connect()
  expect((await stat(join(home, 'gateway.sock'))).mode & 0o077).toBe(0)
})

it('is left alone while a client is there, and ends by itself when none is', async () => {
  const connection = await connect(400)
  await sleep(900)
  expect(await gatewayPids()).toHaveLength(1)
  expect(await connection.gateway.call(modelCall('r/1/0', model()))).toMatchObject({ status: 'answered' })
  await connection.close()
  await waitFor(async () => (await gatewayPids()).length === 0)
  expect(await readdir(home)).not.toContain('gateway.sock')
})

it('ends when its home is removed', async () => {
  await connect(60_000)
  await rm(home, { recursive: true })
  const pids = async () =>
    (await promisify(execFile)('sh', ['-c', `ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -- "-> ${home}" || true`]))
      .stdout
  await waitFor(async () => (await pids()) === '')
})

it('names why a gateway could not be started', async () => {
  const entry = join(home, 'no-such-program.ts')
  await expect(ensureGateway({ home, keys: {}, entry })).rejects.toMatchObject({
    code: 'gateway_unavailable',
    message: expect.stringContaining('could not be started'),
  })
})
