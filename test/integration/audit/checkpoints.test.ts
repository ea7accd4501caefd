import { execFileSync } from 'node:child_process'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFolderPlace, createGitPlace } from '#adapters/ledger-checkpoints'
import { ledgerVerifierOf, openKey } from '#adapters/signing'
import { LOCAL_TENANT } from '#domain/ids'
import { createCheckpointMaker, verifyAudit } from '#evidence-plane/ledger'
import type { CheckpointPlace } from '#ports'
import { startTestServer, type TestServer } from '../../support/database.ts'
import { submission } from '../../support/store-fixtures.ts'
import { auditGrounds, workedRun, type AuditGrounds } from './grounds.ts'

let server: TestServer
let grounds: AuditGrounds

beforeAll(async () => {
  server = await startTestServer()
  grounds = await auditGrounds(server)
  await workedRun(grounds)
})
afterAll(async () => {
  grounds.remove()
  await server.stop()
})

const numbers = async (place: CheckpointPlace, after?: number) => {
  const found: number[] = []
  for await (const { number } of place.read(LOCAL_TENANT, after)) found.push(number)
  return found
}

describe('a checkpoint', () => {
  test('signs the head of the chain and of every gateway, and everything up to it verifies', async () => {
    const signed = await grounds.sign()
    const head = await grounds.trail.head(LOCAL_TENANT)
    expect(signed).toMatchObject({ number: 1, ...head.chain, gateways: head.gateways })
    expect(head.gateways.map(({ gateway, seq }) => [gateway, seq])).toEqual([
      ['model', 3],
      ['tool', 3],
    ])
    expect(await grounds.report()).toMatchObject({ acts: 6, checkpoints: 1, unwitnessed: 0, defects: [], open_acts: 0 })
  })

  test('is made where something is new, and is due after a hundred events or a minute', async () => {
    expect(await grounds.sign()).toBeUndefined()
    await grounds.store.submit(submission())
    expect(await grounds.maker.makeDue()).toBe(0)
    for (let runs = 0; runs < 50; runs++) await grounds.store.submit(submission())
    expect(await grounds.maker.makeDue()).toBe(1)
    expect(await numbers(grounds.place)).toEqual([1, 2])
    expect(await numbers(grounds.place, 1)).toEqual([2])
  })

  test('is made once by many makers at the same moment', async () => {
    await grounds.store.submit(submission())
    const made = await Promise.all(Array.from({ length: 6 }, () => grounds.sign()))
    expect(made.filter((one) => one !== undefined)).toHaveLength(1)
    expect((await grounds.report()).defects).toEqual([])
  })

  test('is signed with a key that only its owner can read, and by no other', async () => {
    expect(statSync(join(grounds.home, 'audit-key.pem')).mode & 0o777).toBe(0o600)
    expect((await openKey('audit', grounds.home)).key_id).toBe(grounds.key.key_id)
    const other = await openKey('audit', join(grounds.home, 'another'))
    const verify = ledgerVerifierOf([other.public_key])
    const { defects } = await verifyAudit({ ...grounds, tenant: LOCAL_TENANT, places: [grounds.place], verify })
    expect(new Set(defects.map(({ kind }) => kind))).toEqual(new Set(['checkpoint_unsigned']))
  })
})

describe('a second place', () => {
  test.each(['a folder', 'a git repository', 'a repository that is pushed to'])(
    '%s follows the first and says the same',
    async (kind) => {
      const where = join(grounds.home, kind.replaceAll(' ', '-'))
      const address = kind.startsWith('a repository') ? `file://${where}` : where
      if (kind.startsWith('a repository')) execFileSync('git', ['init', '--quiet', '--bare', where])
      const place =
        kind === 'a folder' ? createFolderPlace(where) : createGitPlace(address, join(grounds.home, 'mirrors'))
      const places = [grounds.place, place] as const
      const maker = createCheckpointMaker({ ...grounds, places, alarm: ({ what }) => void grounds.alarms.push(what) })
      await grounds.store.submit(submission())
      await maker.make(LOCAL_TENANT)
      expect(await numbers(place)).toEqual(await numbers(grounds.place))
      expect(await place.last(LOCAL_TENANT)).toEqual(await grounds.place.last(LOCAL_TENANT))
      expect(await place.tenants()).toEqual([LOCAL_TENANT])
      const last = await grounds.place.last(LOCAL_TENANT)
      if (last === undefined) throw new Error('nothing was signed')
      await place.append(last)
      await expect(place.append({ ...last, number: last.number + 2 })).rejects.toMatchObject({
        code: 'checkpoints_unwritable',
      })
      expect(await verifyAudit({ ...grounds, tenant: LOCAL_TENANT, places })).toMatchObject({
        defects: [],
        unwitnessed: 0,
      })
      expect(grounds.alarms).toEqual([])
    },
  )

  test('that cannot be reached is told, and the first goes on', async () => {
    const blocked = join(grounds.home, 'blocked')
    writeFileSync(blocked, '')
    const told: string[] = []
    const places = [grounds.place, createFolderPlace(blocked)] as const
    const maker = createCheckpointMaker({ ...grounds, places, alarm: ({ what }) => void told.push(what) })
    await grounds.store.submit(submission())
    expect(await maker.make(LOCAL_TENANT)).toBeDefined()
    expect(told.join('\n')).toContain(blocked)
    expect(readdirSync(grounds.folder)).toEqual([LOCAL_TENANT])
  })
})
