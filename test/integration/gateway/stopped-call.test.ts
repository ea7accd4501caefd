import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ensureGateway, type GatewayConnection } from '#adapters/gateway-socket'
import { createRunStore, createSwitches } from '#adapters/postgres'
import type { RunId, TenantId } from '#domain/ids'
import type { SwitchScope } from '#domain/kill-switch'
import type { ModelChoice } from '#domain/task'
import type { RunStore, Switches } from '#ports'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { useCompiledCode } from '../../support/gateway/compile-cache.ts'
import { admissionFor, askAsGuest } from '../../support/gateway/guest.ts'
import { modelCall } from '../../support/gateway/model-call.ts'
import { startScriptedModel, type ScriptedModel, type WireApi } from '../../support/scripted-model/index.ts'

useCompiledCode()
const KEY = 'sk-real-provider-key-0123456789abcdef'
let server: TestServer
let db: TestDatabase
let home: string
let model: ScriptedModel
let connection: GatewayConnection
let store: RunStore
let switches: Switches
/** Lets the provider answer what it was asked. */
let answers = Promise.withResolvers<void>()

beforeAll(async () => {
  server = await startTestServer()
  db = await server.database()
  home = await mkdtemp(join(tmpdir(), 'gander-stopped-'))
  const price = { input: 10, output: 50, cached_input: 1 }
  await writeFile(join(home, 'prices.json'), JSON.stringify({ models: { scripted: { '*': price } } }))
  model = await startScriptedModel(async () => {
    await answers.promise
    return { text: 'Done.', usage: { input_tokens: 100, output_tokens: 20 } }
  })
  connection = await ensureGateway({ home, database_url: db.owner_url, keys: { scripted: KEY }, idle_ms: 3_000 })
  store = createRunStore({ database: db.database, identifiers })
  switches = createSwitches({ database: db.database, identifiers })
}, 60_000)
afterAll(async () => {
  await connection.close()
  await model.close()
  await server.stop()
  await rm(home, { recursive: true, force: true })
})
beforeEach(() => (answers = Promise.withResolvers<void>()))
afterEach(() => answers.resolve())

const choice = (api: WireApi): ModelChoice => ({ provider: 'scripted', model: 'm-1', api, url: model.url(api) })
const seen = () => model.requests.at(-1)
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 10_000, interval: 20 }).toBe(true)
const EVERYTHING: SwitchScope = { level: 'global' }

/** A call of a run that is held, on its way to the provider. */
async function callInFlight() {
  const admission = await admissionFor(db.database, choice('openai-chat'))
  const { run_id, tenant_id } = admission
  const before = model.requests.length
  const call = { ...modelCall(`${run_id}/1/0`, choice('openai-chat')), run_id, tenant_id }
  const answered = connection.gateway.call(call)
  await until(() => model.requests.length === before + 1)
  return { call, answered, run: run_id as RunId }
}

test('a thrown switch leaves the provider in the middle of a call, and the caller is told who threw it', async () => {
  const { call, answered } = await callInFlight()
  await switches.stop(EVERYTHING, ['cancel_running_runs'], 'ada', 'enough')
  try {
    const told = { status: 'failed', kind: 'stopped', message: expect.stringContaining('ada') as string }
    expect(await answered).toMatchObject(told)
    await until(() => seen()?.left === true)
    expect(await connection.gateway.call(call)).toMatchObject({ kind: 'refused_by_policy' })
  } finally {
    await switches.resume(EVERYTHING, [], 'ada', 'it is over')
  }
  // The key was used up: the answer on record is that it was stopped, and nothing is sent again.
  const before = model.requests.length
  await expect.poll(async () => (await connection.gateway.call(call)).status === 'failed').toBe(true)
  expect(await connection.gateway.call(call)).toMatchObject({ status: 'failed', kind: 'stopped' })
  expect(model.requests).toHaveLength(before)
})

test('a run that somebody cancels leaves the provider too', async () => {
  const { answered, run } = await callInFlight()
  await store.command(run, { type: 'request_cancel', by: 'grace' })
  expect(await answered).toMatchObject({ kind: 'stopped', message: expect.stringContaining('grace') as string })
  await until(() => seen()?.left === true)
})

test('a switch over something else leaves the call alone', async () => {
  const { answered } = await callInFlight()
  const other: SwitchScope = { level: 'repository', tenant_id: 'ten_local' as TenantId, repository: '/srv/other' }
  await switches.stop(other, ['cancel_running_runs'], 'ada', '')
  await switches.stop(EVERYTHING, ['no_pull_requests'], 'ada', '')
  answers.resolve()
  expect(await answered).toMatchObject({ status: 'answered', text: 'Done.' })
  expect(seen()?.left).toBe(false)
  await switches.resume(EVERYTHING, [], 'ada', '')
})

test.each([false, true])('a guest’s call is left and booked as reserved (stream: %s)', async (stream) => {
  const admission = await admissionFor(db.database, choice('anthropic'))
  const channel = await connection.gateway.admit(admission)
  const before = model.requests.length
  const body = { model: 'any', max_tokens: 100, stream, messages: [{ role: 'user', content: 'Go.' }] }
  const headers = { authorization: `Bearer ${channel.token}` }
  const told = askAsGuest({ socket: channel.socket, path: '/v1/messages', headers, body }).catch(() => undefined)
  await until(() => model.requests.length === before + 1)
  await switches.stop(EVERYTHING, ['cancel_running_runs'], 'ada', 'enough')
  try {
    await until(() => seen()?.left === true)
    await told
    await expect.poll(() => channel.exchanges()).toMatchObject([{ outcome: 'failed', reason: 'stopped' }])
    const [budget] = await db.asOwner(
      'select cost_usd > 0 as spent, reserved_usd::float8 as reserved from gander.budget where run_id = $1',
      [admission.run_id],
    )
    expect(budget).toEqual({ spent: true, reserved: 0 })
  } finally {
    await switches.resume(EVERYTHING, [], 'ada', 'it is over')
  }
})
