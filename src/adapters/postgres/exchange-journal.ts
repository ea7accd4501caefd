import type { ExchangeJournal, ModelAnswer } from '#ports'
import type { Database } from './database/open-database.ts'
import { query } from './store/store-context.ts'

const CLAIM = { name: 'claim_exchange', text: 'select * from gander.claim_exchange($1, $2, $3, $4)' }
const RECORD = {
  name: 'record_exchange',
  text: 'select gander.record_exchange($1, $2, $3), gander.keep_exchange($1, $4, $2, $5, $6)',
}
const ABANDON = { name: 'abandon_exchanges', text: 'select gander.abandon_exchanges() as abandoned' }

interface ExchangeRow {
  readonly status: 'made' | 'sent' | 'answered' | 'unknown'
  readonly request_sha256: string | null
  readonly answer: ModelAnswer | null
}

/**
 * The gateway's record of model calls. A key that this gateway has in flight is never claimed twice by it, so `sent`
 * found here was left by one that is gone: its outcome is unknown. The first answer recorded stays.
 */
export function createExchangeJournal({ database }: { readonly database: Pick<Database, 'pool'> }): ExchangeJournal {
  const { pool } = database
  return {
    claim: async (call_key, request_sha256, run_id, tenant_id) => {
      const values = [tenant_id, call_key, run_id, request_sha256]
      const [row] = await query<ExchangeRow>(pool, CLAIM, values)
      // Another claim was committed between the insert and the look at the table.
      const found = row ?? (await query<ExchangeRow>(pool, CLAIM, values))[0]
      if (found?.status === 'made') return { status: 'send' }
      if (found?.request_sha256 !== request_sha256) return { status: 'mismatch' }
      return found.answer === null ? { status: 'unknown' } : { status: 'recorded', answer: found.answer }
    },
    record: async ({ call_key, run_id, tenant_id }, answer, { sha256, bytes }) => {
      await query(pool, RECORD, [tenant_id, call_key, JSON.stringify(answer), run_id, sha256, bytes])
    },
    abandon: async () => (await query<{ abandoned: number }>(pool, ABANDON, []))[0]?.abandoned ?? 0,
  }
}
