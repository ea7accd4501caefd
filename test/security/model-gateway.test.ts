import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { connect as dial } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ANSWER, encoded, GO, json, KEY, startEvilProvider, STREAMS } from '../support/gateway/evil-provider.ts'
import { admissionFor, askAsGuest } from '../support/gateway/guest.ts'
import { modelCall, modelRequest } from '../support/gateway/model-call.ts'
import { onThisMachine } from '../support/machine-time.ts'

let evil: Awaited<ReturnType<typeof startEvilProvider>>
beforeAll(async () => {
  evil = await startEvilProvider()
}, 60_000)
afterAll(() => evil.stop())
afterEach(() => evil.rest())

describe('who may ask', () => {
  test('another run’s token is worth nothing here, and the run’s own works', async () => {
    const [one, two] = [await evil.admit(), await evil.admit()]
    const crossed = await askAsGuest({
      socket: one.channel.socket,
      path: '/v1/messages',
      headers: two.headers,
      body: GO,
    })
    expect(crossed.status).toBe(401)
    expect(evil.seen).toHaveLength(0)
    expect((await one.ask(GO)).status).toBe(200)
  })

  test('a run that was cancelled, or has another lease, is refused at once', async () => {
    const cancelled = await evil.admit()
    await evil.db.asOwner("update gander.run set cancel_requested_by = 'ada' where id = $1", [
      cancelled.admission.run_id,
    ])
    expect(await cancelled.ask(GO)).toMatchObject({ status: 403 })
    const stolen = await evil.admit()
    await evil.db.asOwner('update gander.run set fence = fence + 1 where id = $1', [stolen.admission.run_id])
    expect(await stolen.ask(GO)).toMatchObject({ status: 403, text: expect.stringContaining('lease_lost') })
    expect(evil.seen).toHaveLength(0)
  })

  test('a cancelled run’s call in flight is cut off within three seconds and booked as reserved', async () => {
    const { admission, ask, channel } = await evil.admit()
    evil.answer.respond = (response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    const answer = ask(GO).catch(() => 'cut off')
    await expect.poll(() => evil.seen.length).toBe(1)
    await evil.db.asOwner("update gander.run set cancel_requested_by = 'ada' where id = $1", [admission.run_id])
    const started = Date.now()
    await answer
    expect(Date.now() - started).toBeLessThan(onThisMachine(3_000))
    await expect.poll(async () => (await evil.budgetOf(admission.run_id)).reserved).toBe(0)
    expect((await channel.exchanges())[0]).toMatchObject({ outcome: 'failed' })
    expect((await evil.budgetOf(admission.run_id)).cost).toBeGreaterThan(0)
  })
})

describe('the budget', () => {
  test('TL-08 a conversation that was flooded is refused before it is sent, and a short one is not', async () => {
    const { admission, ask } = await evil.admit({ max_tokens: 200_000 })
    const flood = { ...GO, messages: [{ role: 'user', content: 'x '.repeat(400_000) }] }
    expect(await ask(flood)).toMatchObject({ status: 400, text: expect.stringContaining('budget_exhausted') })
    expect(evil.seen).toHaveLength(0)
    expect(await evil.budgetOf(admission.run_id)).toMatchObject({ cost: 0, reserved: 0 })
    expect((await ask(GO)).status).toBe(200)
  })

  test('fifty calls racing for the last unit never reserve and spend more than there is', async () => {
    const { admission, ask, channel } = await evil.admit({ max_cost_usd: 0.05 })
    let most = 0
    evil.answer.respond = (response) => {
      const look = async () => {
        const { cost, reserved } = await evil.budgetOf(admission.run_id)
        most = Math.max(most, cost + reserved)
        json(response, 200, ANSWER)
      }
      void look()
    }
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(GO)))
    const good = answers.filter((answer) => answer.status === 200).length
    expect(good).toBeGreaterThan(0)
    expect(good).toBeLessThan(50)
    expect(most).toBeLessThanOrEqual(0.05)
    const after = await evil.budgetOf(admission.run_id)
    expect(after.reserved).toBe(0)
    expect(after.cost).toBeCloseTo(good * 0.002, 6)
    expect((await channel.exchanges()).filter((each) => each.outcome === 'answered')).toHaveLength(good)
  })

  test('fifty reservations at the database never exceed the budget', async () => {
    const { createGuestBudget } = await import('#adapters/postgres')
    const admission = await admissionFor(evil.db.database, evil.model(), { max_cost_usd: 1 })
    const budget = createGuestBudget(evil.db)
    const wanted = { model: evil.model(), request_sha256: 'x', policy_version: 'v', worst_usd: 0.3, worst_tokens: 10 }
    const reserved = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        budget.reserve(admission, { ...wanted, n: n + 1, max_cost_usd: null, max_tokens: null }),
      ),
    )
    expect(reserved.filter((each) => each.status === 'reserved')).toHaveLength(3)
    expect(await budget.abandon()).toBe(3)
    expect(await evil.budgetOf(admission.run_id)).toMatchObject({ reserved: 0, cost: 0.9 })
  })

  test('a missing usage is booked as reserved, and the model is told when the budget runs out', async () => {
    const { admission, ask } = await evil.admit({ max_cost_usd: 0.02 })
    evil.answer.respond = (response) => json(response, 200, { ...ANSWER, usage: undefined })
    await ask(GO)
    expect((await evil.budgetOf(admission.run_id)).cost).toBeGreaterThan(0.005)
    await evil.db.asOwner(
      'update gander.budget set cost_usd = max_cost_usd * 0.91, max_cost_usd = 1 where run_id = $1',
      [admission.run_id],
    )
    await evil.db.asOwner('update gander.budget set cost_usd = 0.91 where run_id = $1', [admission.run_id])
    await ask(GO)
    expect(evil.seen.at(-1)?.body).toContain('90 % of this run')
    expect(evil.seen[0]?.body).not.toContain('of this run')
  })
})

describe('what may be asked', () => {
  test('tools of the provider, unknown fields and tracking are taken out, and own tools stay', async () => {
    const { ask } = await evil.admit()
    const tools = [
      { type: 'web_search_20250305', name: 'web_search' },
      { type: 'code_execution_20250522', name: 'code_execution' },
      { name: 'edit', input_schema: { type: 'object' } },
    ]
    const extra = { mcp_servers: [{ url: 'https://evil.example' }], container: 'c', metadata: { user_id: 'u' } }
    expect((await ask({ ...GO, ...extra, tools })).status).toBe(200)
    const sent = JSON.parse(evil.seen[0]?.body ?? '{}') as Record<string, unknown>
    expect(sent['tools']).toEqual([{ name: 'edit', input_schema: { type: 'object' } }])
    for (const field of Object.keys(extra)) expect(sent).not.toHaveProperty(field)
    expect(sent['model']).toBe('m-1')
  })

  test('images by address or file id are refused, and images as bytes are let through', async () => {
    const { ask } = await evil.admit()
    const image = (source: object) => ({ ...GO, messages: [{ role: 'user', content: [{ type: 'image', source }] }] })
    for (const source of [
      { type: 'url', url: 'http://169.254.169.254/' },
      { type: 'file', file_id: 'f' },
    ])
      expect(await ask(image(source))).toMatchObject({ status: 400, text: expect.stringContaining('foreign_source') })
    expect(evil.seen).toHaveLength(0)
    expect((await ask(image({ type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' }))).status).toBe(200)
  })

  test('responses are never stored at the provider and refer to nothing stored there', async () => {
    const { ask } = await evil.admit({}, 'openai-responses')
    const extra = { store: true, previous_response_id: 'r', tools: [{ type: 'web_search' }, { type: 'local_shell' }] }
    expect((await ask({ model: 'm', input: 'Go.', ...extra }, '/v1/responses')).status).toBe(200)
    const sent = JSON.parse(evil.seen[0]?.body ?? '{}') as Record<string, unknown>
    expect(sent).toMatchObject({ store: false, tools: [{ type: 'local_shell' }] })
    expect(sent).not.toHaveProperty('previous_response_id')
    const reference = { model: 'm', input: [{ type: 'item_reference', id: 'x' }] }
    expect((await ask(reference, '/v1/responses')).status).toBe(400)
  })

  test('another wire format is refused in its own words with the remedy', async () => {
    const { ask } = await evil.admit()
    const refused = await ask({ model: 'm', messages: [{ role: 'user', content: 'x' }] }, '/v1/chat/completions')
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('Anthropic messages') })
    expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'other_wire_format' } })
  })

  test('TL-01 JSON ten thousand levels deep, no JSON, NaN, lone surrogates and duplicate keys do no harm', async () => {
    const { ask } = await evil.admit()
    expect((await ask('{"model":"m","max_tokens":NaN,"messages":[{"role":"user","content":"Go."}]}')).status).toBe(400)
    const surrogate = '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"\\ud800 Go."}]}'
    expect((await ask(surrogate)).status).toBe(200)
    evil.seen.length = 0
    const deep = `{"model":"m","max_tokens":1,"messages":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
    expect(await ask(deep)).toMatchObject({ status: 400, text: expect.stringContaining('too_deep') })
    expect((await ask('{"model":')).status).toBe(400)
    const twice = `{"model":"a","model":"b","max_tokens":7,"max_tokens":9,"__proto__":{"x":1},"messages":[{"role":"user","content":"Go."}]}`
    expect((await ask(twice)).status).toBe(200)
    expect(evil.seen[0]?.body.match(/"max_tokens":9/g)).toHaveLength(1)
  })

  test('two lengths for one body are refused before anything is read as a second request', async () => {
    const { channel } = await evil.admit()
    const socket = dial(channel.socket)
    let text = ''
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    socket.on('error', () => undefined)
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${channel.token}\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: x\r\nx-api-key: ${channel.token}\r\n\r\n`,
    )
    await once(socket, 'close')
    expect(text).toContain('400 Bad Request')
    expect(text).not.toContain('"data"')
  })
})

describe('what comes back', () => {
  test('the key never does: not in an error, not in an answer', async () => {
    const { ask } = await evil.admit()
    evil.answer.respond = (response) => json(response, 400, { error: { message: `bad key ${KEY}` } })
    expect((await ask(GO)).text).not.toContain(KEY)
    evil.answer.respond = (response) =>
      json(response, 200, { ...ANSWER, content: [{ type: 'text', text: `It is ${KEY}.` }] })
    expect((await ask(GO)).text).toContain('It is [redacted')
  })

  test.each(Object.keys(STREAMS) as (keyof typeof STREAMS)[])(
    'key and token never do in a stream over %s: not letter by letter, not beside a text',
    async (api) => {
      const { channel, ask } = await evil.admit({}, api)
      const { path, body, piece, field } = STREAMS[api]
      evil.answer.respond = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        const letters = ['It is ', ...KEY.split(''), ' and ', ...channel.token.split(''), '. That was it.']
        for (const each of letters) response.write(`data: ${JSON.stringify({ ...piece(each), beside: 'nothing' })}\n\n`)
        response.end(`data: ${JSON.stringify({ ...piece(' Bye.'), beside: `<${KEY}>` })}\n\n`)
      }
      const { text } = await ask({ ...body, stream: true }, path)
      const said = [...text.matchAll(new RegExp(`"${field}":"([^"]*)"`, 'g'))].map(([, each]) => each).join('')
      expect(said).toMatch(/^It is \[redacted[^\]]*\] and \[redacted[^\]]*\]\. That was it\. Bye\.$/)
      expect(text).toMatch(/"beside":"<\[redacted[^\]]*\]>"/)
      for (const secret of [KEY, channel.token]) expect(text).not.toContain(secret)
    },
  )

  test('a redirect is not followed, and the client’s own headers do not go on', async () => {
    const { channel, ask } = await evil.admit()
    evil.answer.respond = (response) => json(response, 307, {}, { location: '/elsewhere' })
    expect((await ask(GO)).status).toBe(502)
    expect(evil.seen).toHaveLength(1)
    evil.answer.respond = (response) => json(response, 200, ANSWER)
    const headers = {
      'x-api-key': channel.token,
      'x-forwarded-for': '1.2.3.4',
      cookie: 'c=1',
      'anthropic-beta': 'mcp-client-2025-04-04,interleaved-thinking-2025-05-14',
    } // prettier-ignore
    await askAsGuest({ socket: channel.socket, path: '/v1/messages', headers, body: GO })
    expect(evil.seen[1]?.headers).toMatchObject({
      'x-api-key': KEY,
      'anthropic-beta': 'interleaved-thinking-2025-05-14',
    })
    expect(Object.keys(evil.seen[1]?.headers ?? {})).not.toEqual(expect.arrayContaining(['x-forwarded-for']))
    expect(evil.seen[1]?.headers).not.toHaveProperty('cookie')
  })

  test('an answer larger than 32 MiB is broken off', async () => {
    const { ask } = await evil.admit()
    evil.answer.respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.on('error', () => undefined)
      const block = 'x'.repeat(1024 * 1024)
      const more = (): void => {
        while (!response.destroyed && response.write(block));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    expect(await ask(GO)).toMatchObject({ status: 502 })
  })
})

describe('keys and tokens', () => {
  test('SE-01 the key reaches no provider and no record inside a request, however it is written', async () => {
    const { ask, channel } = await evil.admit()
    const forms = encoded(KEY)
    for (const form of Object.values(forms))
      expect((await ask({ ...GO, messages: [{ role: 'user', content: `Look: ${form} .` }] })).status).toBe(200)
    const native = modelRequest(`Look: ${Object.values(forms).join(' , ')} .`)
    const answer = await evil.connection.gateway.call(modelCall('se/1/0', evil.model(), native))
    expect(answer).toMatchObject({ status: 'answered', cut: { confirmed: true } })
    expect(evil.seen).toHaveLength(Object.keys(forms).length + 1)
    const sent = evil.seen.map(({ body }) => (JSON.parse(body) as { messages: unknown }).messages)
    const records = await evil.files()
    expect(records.filter(({ text }) => text.includes('[redacted:registered]')).length).toBeGreaterThan(1)
    for (const [name, form] of Object.entries(forms)) {
      const written = JSON.stringify(form).slice(1, -1)
      expect(JSON.stringify(sent), name).not.toContain(written)
      for (const { path, text } of records) expect(text.includes(written), `${name} in ${path}`).toBe(false)
    }
    expect(await channel.exchanges()).toHaveLength(Object.keys(forms).length)
  })

  test('SE-03 a model that was made to write the key in disguise does not get it out', async () => {
    const { ask } = await evil.admit()
    const forms = encoded(KEY)
    evil.answer.respond = (response) =>
      json(response, 200, { ...ANSWER, content: Object.values(forms).map((text) => ({ type: 'text', text })) })
    const { text } = await ask(GO)
    for (const [name, form] of Object.entries(forms))
      expect(text, name).not.toContain(JSON.stringify(form).slice(1, -1))
    expect(JSON.parse(text)).toMatchObject({ content: Object.keys(forms).map(() => ({ type: 'text' })) })
  })

  test('SE-04 arguments, environment, log and core of the gateway hold no key, and no signal opens a debugger', async () => {
    const { ask, channel } = await evil.admit()
    evil.answer.respond = (response) => json(response, 500, { error: { message: `at http://u:${KEY}@10.0.0.1/` } })
    expect(await ask(GO)).toMatchObject({ status: 500, text: expect.stringContaining('[redacted') })
    const pid = await evil.pid()
    const look = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8')
    for (const text of [await look('environ'), await look('cmdline'), await evil.log()])
      for (const secret of [KEY, channel.token]) expect(text).not.toContain(secret)
    expect(await look('limits')).toMatch(/Max core file size\s+0\s+0\s/)
    process.kill(pid, 'SIGUSR1')
    evil.answer.respond = (response) => json(response, 200, ANSWER)
    expect((await ask(GO)).status).toBe(200)
    expect(await evil.log()).not.toContain('Debugger')
  })

  test('SE-10 a line break in a model’s name forges no line of the log', async () => {
    const forged = '{"event":"gateway_started","pid":1}'
    const model = { ...evil.model(), model: `m\r\n${forged}\n` }
    await evil.connection.gateway.call(modelCall('se/2/0', model))
    const lines = (await evil.log()).trim().split('\n')
    expect(lines).not.toContain(forged)
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('time')
    expect(lines.at(-1)).toContain('call_answered')
  })

  test('TL-02 a call key leads to one request: again it is the recorded answer, with other words it is refused', async () => {
    const { gateway } = evil.connection
    const first = await gateway.call(modelCall('tl/1/0', evil.model()))
    expect(await gateway.call(modelCall('tl/1/0', evil.model()))).toEqual(first)
    const other = modelCall('tl/1/0', evil.model(), modelRequest('Something else.'))
    expect(await gateway.call(other)).toMatchObject({ status: 'failed', kind: 'bad_request' })
    expect(evil.seen).toHaveLength(1)
  })

  test('SE-06 the token of a worker that died is worth nothing once its lease has run out', async () => {
    const { ask, admission } = await evil.admit()
    expect((await ask(GO)).status).toBe(200)
    await evil.db.asOwner(
      "update gander.run set lease_expires_at = clock_timestamp() - interval '1 ms' where id = $1",
      [admission.run_id],
    )
    expect(await ask(GO).catch(() => ({ status: 403 }))).toMatchObject({ status: 403 })
    expect(evil.seen).toHaveLength(1)
    await expect.poll(() => ask(GO).catch(() => 'no socket'), { timeout: 20_000 }).toBe('no socket')
  })

  test('SE-07 a gateway killed in a call leaves no key on disk, books the call as unknown, and the next one goes on', async () => {
    const { ask, admission, channel } = await evil.admit()
    evil.answer.respond = () => undefined
    const cut_off = ask(GO).catch(() => 'cut off')
    await expect.poll(() => evil.seen.length).toBe(1)
    process.kill(await evil.pid(), 'SIGKILL')
    expect(await cut_off).toBe('cut off')
    expect(await channel.exchanges()).toMatchObject([{ outcome: 'unknown' }])
    const { cost, reserved } = await evil.budgetOf(admission.run_id)
    expect(reserved).toBe(0)
    expect(cost).toBeGreaterThan(0.005)
    for (const { path, text } of await evil.files())
      for (const secret of [KEY, channel.token]) expect(text.includes(secret), path).toBe(false)
    await expect(ask(GO)).rejects.toThrow(/ENOENT|ECONNREFUSED/)
    evil.answer.respond = (response) => json(response, 200, ANSWER)
    const again = await evil.connection.gateway.admit({ ...admission, key_prefix: `${admission.run_id}/guest/2` })
    const headers = { 'x-api-key': again.token }
    const asked = await askAsGuest({ socket: again.socket, path: '/v1/messages', headers, body: GO })
    expect(asked.status).toBe(200)
    expect(evil.seen.at(-1)?.headers).toMatchObject({ 'x-api-key': KEY })
    await again.close()
  })
})

describe('the policy for models', () => {
  test('a blocked model is asked by neither guest nor native call, and without the file both are', async () => {
    const { ask } = await evil.admit()
    await writeFile(join(evil.home, 'model-policy.yaml'), 'model_policy:\n  - blocked_models:\n      - model: m-*\n')
    expect(await ask(GO)).toMatchObject({ status: 403, text: expect.stringContaining('refused_by_policy') })
    const native = await evil.connection.gateway.call(modelCall('n/1/0', evil.model()))
    expect(native).toMatchObject({ status: 'failed', kind: 'refused_by_policy' })
    expect(evil.seen).toHaveLength(0)
    await rm(join(evil.home, 'model-policy.yaml'))
    expect((await ask(GO)).status).toBe(200)
    expect(await evil.connection.gateway.call(modelCall('n/2/0', evil.model()))).toMatchObject({ status: 'answered' })
  })

  test('a file that is no policy refuses everything and names line and field', async () => {
    const { ask } = await evil.admit()
    await writeFile(
      join(evil.home, 'model-policy.yaml'),
      'model_policy:\n  - data_class_max: internal\n    alowed: []\n',
    )
    const refused = await ask(GO)
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('line 3') })
    expect(refused.text).toContain('alowed')
    expect(evil.seen).toHaveLength(0)
  })
})
