import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpPlatform } from '#api/client'
import type { RunId } from '#domain/ids'
import type { LedgerEvent } from '#domain/event'
import { runIn } from '../../support/store-fixtures.ts'
import { openApiWorld, type ApiWorld } from './world.ts'

const UNKNOWN = 'run_00000000000000000000000000' as RunId

let world: ApiWorld
/** What the server's platform answers to a follower, call by call. */
let follows: ((after: number) => AsyncIterable<LedgerEvent>)[]
beforeAll(async () => {
  world = await openApiWorld({
    follow: (_run, _signal, after = 0) => {
      const next = follows.shift()
      if (next === undefined) throw new Error('nobody should follow again')
      return next(after)
    },
  })
})
afterAll(() => world.close())

const client = async (token?: string) =>
  createHttpPlatform({ url: world.url, token: token ?? (await world.token()), fetch: globalThis.fetch })
const all = async (events: AsyncIterable<LedgerEvent>) => {
  const seen: LedgerEvent[] = []
  for await (const event of events) seen.push(event)
  return seen
}

describe('a platform over HTTP', () => {
  test('knows no run that there is not, and says so to whoever follows one, at once', async () => {
    follows = []
    const platform = await client()
    expect(await platform.view(UNKNOWN)).toBeUndefined()
    await expect(all(platform.follow(UNKNOWN))).rejects.toMatchObject({ code: 'run_not_found' })
  })

  test('tells a token that speaks for nobody and a server that is not there apart', async () => {
    await expect((await client('wrong')).list(1)).rejects.toMatchObject({ code: 'server_refused', retryable: false })
    const nowhere = createHttpPlatform({ url: 'http://127.0.0.1:9', token: 'x' })
    await expect(nowhere.list(1)).rejects.toMatchObject({ code: 'server_unreachable', retryable: true })
  })

  test('shows a run as the store has it', async () => {
    const { run } = await runIn(world.store, 'planning')
    const [seen] = await (await client()).list(1)
    expect(seen).toEqual(JSON.parse(JSON.stringify(await world.store.load(run.id))))
  })

  test('gives up on a stream that breaks for a reason that stays', async () => {
    const { run } = await runIn(world.store, 'planning')
    const token = await world.token()
    const principal = (await world.identities.authenticate(token))?.id ?? ''
    follows = [
      async function* () {
        yield* (await world.store.events(run.id, 0)).slice(0, 1)
        await world.identities.disable(run.tenant_id, principal, { by: 'test' })
      },
    ]
    await expect(all((await client(token)).follow(run.id))).rejects.toMatchObject({ code: 'server_refused' })
  })

  test('is not told what broke inside; whoever runs the server is', async () => {
    const { run } = await runIn(world.store, 'planning')
    follows = []
    await expect(all((await client()).follow(run.id))).rejects.toMatchObject({ code: 'internal' })
    expect(world.defects.map(String).join()).toContain('nobody should follow again')
  })
})
