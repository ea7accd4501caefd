import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { LedgerEvent } from '#domain/event'
import { LOCAL_TENANT, type EventId, type RunId } from '#domain/ids'
import { GENESIS_HASH, linkHash } from '#domain/ledger'
import { verifyChain } from './verify-chain.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const chain = seal(Array.from({ length: 25 }, (_, index) => index + 1))

/** A chain of two runs that take turns. */
function seal(numbers: readonly number[]): readonly LedgerEvent[] {
  let previous_hash = GENESIS_HASH
  return numbers.map((n, index) => {
    const event: Omit<LedgerEvent, 'hash'> = {
      audit_id: `aud_${n}` as EventId,
      tenant_id: LOCAL_TENANT,
      seq: index + 1,
      run_id: `run_${n % 2}` as RunId,
      run_seq: Math.ceil(n / 2),
      event: 'run_cancelled',
      actor_type: 'person',
      actor: 'ada',
      resource_type: 'run',
      resource_id: 'r',
      decision: null,
      decision_id: null,
      approval_id: null,
      policy_version: null,
      request_hash: null,
      result_hash: null,
      state: 'cancelled',
      facts: { by: `ada ${n}` },
      created_at: '2026-01-01T00:00:00.000Z',
      previous_hash,
    }
    previous_hash = linkHash(event, sha256)
    return { ...event, hash: previous_hash }
  })
}

const verify = (events: readonly LedgerEvent[], known_head?: { seq: number; hash: string }) =>
  verifyChain({
    store: {
      chain: (_, after, limit) => Promise.resolve(events.filter((event) => event.seq > after).slice(0, limit)),
    },
    tenant: LOCAL_TENANT,
    sha256,
    page: 10,
    ...(known_head !== undefined && { known_head }),
  })

const kinds = async (events: readonly LedgerEvent[], known_head?: { seq: number; hash: string }) =>
  (await verify(events, known_head)).defects.map((defect) => `${defect.kind} ${defect.seq}`)

const head = { seq: 25, hash: chain[24]?.hash ?? '' }

describe('verifyChain', () => {
  test('a chain as it was written has no defect, over any number of pages, and gives its head', async () => {
    expect(await verify(chain, head)).toEqual({ events: 25, head, defects: [] })
    expect(await verify([])).toEqual({ events: 0, head: { seq: 0, hash: GENESIS_HASH }, defects: [] })
  })

  test('an edited fact is found where it is', async () => {
    const edited = chain.map((event) => (event.seq === 12 ? { ...event, facts: { by: 'mallory' } } : event))
    expect(await kinds(edited)).toEqual(['wrong_hash 12'])
  })

  test('an event resealed after an edit breaks the link to the next', async () => {
    const resealed = chain.map((event) => {
      if (event.seq !== 12) return event
      const { hash: _, ...open } = { ...event, facts: { by: 'mallory' } }
      return { ...open, hash: linkHash(open, sha256) }
    })
    expect(await kinds(resealed)).toEqual(['wrong_previous 13'])
  })

  test('a removed event is found as a gap, at a page’s edge as well', async () => {
    for (const seq of [1, 10, 11, 12]) {
      const found = await kinds(chain.filter((event) => event.seq !== seq))
      expect(found).toContain(`gap ${seq + 1}`)
    }
  })

  test('two events that changed places are found', async () => {
    const swapped = chain.map((event, index) => {
      const other = index === 4 ? chain[5] : index === 5 ? chain[4] : undefined
      return other === undefined ? event : { ...other, seq: event.seq }
    })
    expect((await kinds(swapped)).length).toBeGreaterThan(0)
  })

  test('a chain made anew without one event of a run is found by the run’s own count', async () => {
    const anew = seal(Array.from({ length: 25 }, (_, index) => index + 1).filter((n) => n !== 7))
    expect(await kinds(anew)).toEqual(['wrong_run_order 8'])
  })

  test('a cut tail and a fork are found against a head that was written down', async () => {
    expect(await kinds(chain.slice(0, 20), head)).toEqual(['cut 25'])
    expect(await kinds(chain, { seq: 25, hash: '0'.repeat(64) })).toEqual(['forked 25'])
    expect(await kinds(chain.slice(0, 20))).toEqual([])
  })
})
