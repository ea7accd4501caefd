import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpPlatform } from '#api/client'
import { LOCAL_TENANT } from '#domain/ids'
import { runIn } from '../../support/store-fixtures.ts'
import { openPlatformWorld, operationsOf, type Operation, type PlatformWorld } from './platform-world.ts'
import { oddJson, oddText, valuesOf, type KnownNames } from './schema-values.ts'

let world: PlatformWorld
let contract: Awaited<ReturnType<typeof operationsOf>>
beforeAll(async () => {
  world = await openPlatformWorld()
  contract = await operationsOf(world)
})
afterAll(() => world.close())

/** Requests for each operation; more by the environment, for a longer look. */
const EACH = Number(process.env['GANDER_FUZZ_REQUESTS'] ?? 8)
const SEED = Number(process.env['GANDER_FUZZ_SEED'] ?? 20_261_121)

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
}

/** What is open to whoever asks, or nothing where it would only wait. */
const FOLLOWS = '/v1/runs/{run_id}/events'

async function knownNames(): Promise<KnownNames> {
  const { run } = await runIn(world.storeOf(LOCAL_TENANT), 'editing')
  const wish = { tenant_id: LOCAL_TENANT, kind: 'person', name: 'somebody', oidc: null, grants: [] } as const
  const somebody = await world.identities.create(wish, 'test')
  const issue = { label: 'x', scopes: null, expires_at: null }
  const { record } = await world.identities.issue(LOCAL_TENANT, somebody.id, issue, 'test')
  const { tenant } = await world.openTenant('other')
  const capabilities = await world.api.inject({
    url: '/v1/capabilities',
    headers: { authorization: `Bearer ${world.token}` },
  })
  const { items } = capabilities.json<{ items: { id: string }[] }>()
  return {
    run_id: [run.id, 'run_00000000000000000000000000'],
    task_id: [run.task_id, 'task_00000000000000000000000000'],
    principal_id: [somebody.id, 'prn_00000000000000000000000000'],
    token_id: [record.id, 'tok_00000000000000000000000000'],
    memory: ['mem_00000000000000000000000000'],
    tenant_id: [tenant.tenant_id, 'ten_00000000000000000000000000'],
    capability: [...items.map(({ id }) => id), 'no.such'],
    decision_id: ['pdec_00000000000000000000000000'],
    sha256: ['0'.repeat(64)],
    repository: ['https://127.0.0.1:9/acme/retry'],
    url: ['https://127.0.0.1:9/acme/retry/issues/1'],
  }
}

/** Mostly what the contract describes, with parts of it broken. */
function requestsFor(path: string, method: string, operation: Operation, known: KnownNames): fc.Arbitrary<Asked> {
  const { document } = contract
  const parameters = operation.parameters ?? []
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema
  const part = (where: 'path' | 'query' | 'header') =>
    fc.record(
      Object.fromEntries(
        parameters
          .filter((parameter) => parameter.in === where)
          .map(({ name, schema }) => {
            const fits = valuesOf(schema, document, { known, name }).map(String)
            return [name, fc.oneof({ weight: 4, arbitrary: fits }, { weight: 1, arbitrary: oddText })]
          }),
      ),
      where === 'path' ? {} : { requiredKeys: [] },
    ) as fc.Arbitrary<Readonly<Record<string, string>>>
  const fits = body === undefined ? fc.constant({}) : valuesOf(body, document, { known })
  const broken = fc.tuple(fits, oddText, oddJson).map(([value, key, odd]) => ({ ...(value as object), [key]: odd }))
  const payload = fc.oneof(
    { weight: 5, arbitrary: fits.map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: fc.oneof(broken, oddJson).map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: fc.oneof(oddText, fc.constantFrom('{', '[', '{"a":'.repeat(900), '\ufeff{}')) },
  )
  const odd = fc.record(
    {
      'if-match': fc.constantFrom('*', '"x"', 'W/"x", "y"', ''),
      'if-none-match': fc.constantFrom('*', '"x"', ','),
      'idempotency-key': fc.constantFrom('k', 'x'.repeat(300), 'ü'),
      'content-type': fc.constantFrom('application/json', 'text/plain', 'application/xml', '', 'application/json; a=b'),
      accept: fc.constantFrom('*/*', 'text/html', 'x'),
    },
    { requiredKeys: [] },
  )
  const plain: Readonly<Record<string, string>> = {}
  const headers = fc.oneof({ weight: 2, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary: odd })
  return fc
    .tuple(part('path'), part('query'), part('header'), headers, payload)
    .map(([inPath, inQuery, inHeader, extra, text]) => ({
      method,
      url: `${filled(path, inPath)}${queryOf(inQuery)}`,
      headers: { 'content-type': 'application/json', ...headerSafe({ ...inHeader, ...extra }) },
      payload: method === 'GET' ? '' : text,
    }))
}

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())
const filled = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encoded(values[name] ?? '') || '%20')
const queryOf = (values: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${encoded(value)}`)
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}
/** What a client can send at all. */
const headerSafe = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replaceAll(/[^\x20-\xff]/g, '?')]))

test('what waits, how far classes have come and what is registered is read over a server as in its process', async () => {
  const platform = createHttpPlatform({ url: world.url, token: world.token, fetch: globalThis.fetch })
  expect(await platform.desk?.waiting({ by: 'x' })).toEqual([])
  expect(await platform.autonomy?.view()).toEqual(expect.any(Array))
  const [first] = (await platform.capabilities?.list()) ?? []
  const id = first?.id ?? ''
  expect(await platform.capabilities?.setState(id, { state: 'disabled', by: 'x', reason: '' })).toMatchObject({ id })
  expect(await platform.capabilities?.view(id)).toMatchObject({
    state: 'disabled',
    record: { changed_by: 'local administrator' },
  })
  await platform.capabilities?.setState(id, { state: 'active', by: 'x', reason: 'tried' })
  expect(await platform.capabilities?.view('no.such')).toBeUndefined()
})

describe('another tenant', () => {
  /** Everything of the other tenant carries this in its name. */
  const MARK = 'Zanzibar'

  async function theirs() {
    const { tenant, principal } = await world.openTenant(MARK)
    const { tenant_id } = tenant
    const store = world.storeOf(tenant_id)
    const { run, lease } = await runIn(store, 'editing', { tenant: tenant_id, title: `Fix ${MARK}` })
    const sha256 = createHash('sha256').update(MARK).digest('hex')
    const artifact = { kind: 'plan', name: `${MARK}.json`, sha256, bytes: 1, data_class: 'internal' } as const
    await store.write(run.id, lease, { artifacts: [artifact] })
    const wish = { label: MARK, scopes: null, expires_at: null }
    const { record } = await world.identities.issue(tenant_id, principal.id, wish, 'test')
    const repository = `https://git.example.org/${MARK}`
    await world.repositories.put(tenant_id, repository, { owner_team: MARK }, { name: 'test' })
    const hint = { kind: 'convention', text: MARK, item: MARK, commit: null, inputs: ['merged'] } as const
    const batch = { repository, by: 'gander', run_id: run.id, proposals: [hint] }
    const [proposed] = await world.memoryOf(tenant_id).propose(batch)
    const names: Readonly<Record<string, string>> = {
      memory: proposed?.kind === 'proposed' ? proposed.id : '',
      run_id: run.id,
      task_id: run.task_id,
      principal_id: principal.id,
      token_id: record.id,
      tenant_id,
      repository,
      sha256,
      decision_id: 'pdec_00000000000000000000000000',
      capability: MARK,
      task_class: MARK,
    }
    return { tenant_id, names }
  }

  test('is found by no route, with every name that belongs to it, and nothing of it is changed', async () => {
    const { tenant_id, names } = await theirs()
    const { token } = await world.openTenant('curious')
    const before = await world.told(tenant_id)
    const { document, operations } = contract
    const known = Object.fromEntries(Object.entries(names).map(([name, value]) => [name, [value]]))
    const bytes: Operation = { operationId: 'artifact' }
    const artifact = { path: '/v1/artifacts/{sha256}', method: 'GET', operation: bytes }
    let asked = 0
    // What is read comes first: afterwards the curious have their own records of names they typed.
    const reads = [...operations.filter(({ method }) => method === 'GET'), artifact]
    for (const { path, method, operation } of [...reads, ...operations.filter((each) => each.method !== 'GET')]) {
      const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema
      const bodies =
        body === undefined ? [{}] : fc.sample(valuesOf(body, document, { known }), { numRuns: 3, seed: SEED })
      const own = (operation.parameters ?? []).filter(({ in: where, name }) => where === 'query' && name !== 'limit')
      const queries = own.map(({ name }) => `?${name}=${encoded(names[`${name}_id`] ?? names[name] ?? MARK)}`)
      for (const payload of bodies)
        for (const query of ['', ...queries]) {
          const url = `${filled(path, names)}${query}`
          const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
          const text = method === 'GET' ? {} : { payload: JSON.stringify(payload) }
          const answer = await world.api.inject({ method: method as 'GET', url, headers, ...text })
          asked++
          const what = `${method} ${url} ${JSON.stringify(payload)}: ${answer.payload}`
          // What everybody calls as they like is each tenant's own.
          const isOwnWrite = method !== 'GET' && /\{(repository|task_class)\}/.test(path)
          const named = path.includes('{') && !isOwnWrite
          if (named) expect([403, 404, 422], what).toContain(answer.statusCode)
          // A query that does not fit is refused before anything is looked up, whoever's the name in the path is.
          if (named && method === 'GET' && query === '') expect([403, 404], what).toContain(answer.statusCode)
          if (answer.statusCode >= 400 || isOwnWrite) continue
          for (const name of ['run_id', 'task_id', 'principal_id', 'token_id', 'tenant_id', 'sha256'])
            expect(method === 'GET' && answer.payload.includes(names[name] ?? MARK), what).toBe(false)
          if (method === 'GET') expect(answer.payload, what).not.toContain(MARK)
        }
    }
    expect(asked).toBeGreaterThan(operations.length)
    expect(await world.told(tenant_id)).toBe(before)
  })

  test('still finds what is its own', async () => {
    const opened = await world.openTenant('own')
    const { run } = await runIn(world.storeOf(opened.tenant.tenant_id), 'planning', { tenant: opened.tenant.tenant_id })
    const headers = { authorization: `Bearer ${opened.token}` }
    for (const url of [
      `/v1/runs/${run.id}`,
      `/v1/runs/${run.id}/provenance`,
      `/v1/tasks/${run.task_id}`,
      '/v1/audit/head',
    ])
      expect((await world.api.inject({ url, headers })).statusCode, url).toBe(200)
  })
})

/** A TypeScript that still has a program interface; the generator needs one, and this repository's compiler has none. */
const OTHER = process.env['GANDER_OTHER_TYPESCRIPT'] ?? 'typescript-with-api'
const isThere = (): boolean => {
  try {
    return createRequire(import.meta.url).resolve(OTHER) !== ''
  } catch {
    return false
  }
}
const STRANGER = `a client that a stranger makes of the document fits its types and works${isThere() ? '' : ' (skipped: no TypeScript before 7 is here; GANDER_OTHER_TYPESCRIPT names one)'}`

test.skipIf(!isThere())(STRANGER, { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(import.meta.dirname, '.stranger-'))
  try {
    await run(process.execPath, [
      join(import.meta.dirname, 'make-client.ts'),
      `${world.url}/openapi.json`,
      folder,
      OTHER,
    ])
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'dom', 'dom.iterable'],
      types: ['node'],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    const tsc = join(import.meta.dirname, '../../../node_modules/.bin/tsc')
    const said = await run(tsc, ['-p', folder]).then(
      ({ stdout }) => stdout,
      (error: { readonly stdout?: string }) => error.stdout,
    )
    expect(said).toBe('')
    const made = (await import(join(folder, 'index.ts'))) as Readonly<Record<string, Generated>>
    const wish = { baseUrl: world.url, headers: { authorization: `Bearer ${world.token}` } }
    const runs = await made['runsList']?.(wish)
    expect(runs?.data).toMatchObject({ items: expect.any(Array), next_cursor: null })
    const body = { kind: 'service', name: 'made by a stranger' }
    const created = await made['principalsCreate']?.({ ...wish, body })
    expect(created?.data).toMatchObject({ name: 'made by a stranger', version: 1 })
    const refused = await made['runsGet']?.({ ...wish, path: { run_id: 'run_00000000000000000000000000' } })
    expect(refused?.error).toMatchObject({ code: 'run_not_found', status: 404 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

type Generated = (wish: object) => Promise<{ readonly data?: unknown; readonly error?: unknown }>
const run = promisify(execFile)

describe('every route', () => {
  test('answers whatever it is sent with its own answer or a problem, never with 500, and a refusal writes nothing', {
    timeout: 120_000,
  }, async () => {
    const known = await knownNames()
    const seen = new Map<string, Set<number>>()
    const authorization = `Bearer ${world.token}`
    for (const { path, method, operation } of contract.operations) {
      if (path === FOLLOWS) continue
      const arbitrary = requestsFor(path, method, operation, known)
      for (const asked of fc.sample(arbitrary, { numRuns: EACH, seed: SEED })) {
        const before = await world.told(LOCAL_TENANT)
        const { headers, payload } = asked
        const answer = await world.api.inject({
          method: asked.method as 'GET',
          url: asked.url,
          headers: { ...headers, authorization },
          ...(method === 'GET' ? {} : { payload }),
        })
        const told = `${asked.method} ${asked.url.slice(0, 300)} ${JSON.stringify(headers)} ${payload.slice(0, 600)}`
        seen.set(operation.operationId, (seen.get(operation.operationId) ?? new Set()).add(answer.statusCode))
        expect(answer.statusCode === 503 || answer.statusCode < 500, `${answer.payload} to ${told}`).toBe(true)
        if (answer.statusCode < 400) continue
        expect(answer.headers['content-type'], told).toContain('application/problem+json')
        const problem = answer.json<Record<string, unknown>>()
        expect(problem, told).toMatchObject({ status: answer.statusCode, code: expect.stringMatching(/^[a-z_]+$/) })
        expect(problem['remedy'], told).not.toBe('')
        expect(await world.told(LOCAL_TENANT), `an event for ${answer.payload} to ${told}`).toBe(before)
      }
    }
    expect(seen.size).toBe(contract.operations.length - 1)
    const fine = [...seen].filter(([, statuses]) => [200, 201].some((status) => statuses.has(status)))
    expect(fine.length, 'routes that answered well').toBeGreaterThan(seen.size / 2)
  })

  test('asks who is asking, but for those that tell how to sign in', async () => {
    for (const { path, method } of contract.operations) {
      if (path === '/v1/sign-in') continue
      const answer = await world.api.inject({ method: method as 'GET', url: path.replaceAll(/\{\w+\}/g, 'x') })
      expect(answer.statusCode, `${method} ${path}`).toBe(401)
    }
  })
})
