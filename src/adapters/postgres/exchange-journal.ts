import type { ExchangeJournal, ModelAnswer } from '#ports'
import type { Database } from './database/open-database.ts'
import { query } from './store/store-context.ts'

/** Claims in one statement; a key that is there already is read under the lock of its row. */
const CLAIM = {
  name: 'claim_exchange',
  text: `with made as (
    insert into gander.exchange (tenant_id, call_key, run_id, request_sha256, status)
    values ($1, $2, $3, $4, 'sent') on conflict do nothing returning 'made' as status
  )
  select status, null as request_sha256, null::json as answer from made
  union all
  select e.status, e.request_sha256, e.answer from gander.exchange e where e.tenant_id = $1 and e.call_key = $2`,
}
const RECORD = {
  name: 'record_exchange',
  text: `update gander.exchange set status = 'answered', answer = $2, answered_at = clock_timestamp()
    where call_key = $1 and status = 'sent'`,
}
const ABANDON = {
  name: 'abandon_exchanges',
  text: `update gander.exchange set status = 'unknown' where status = 'sent' returning call_key`,
}

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
    record: async (call_key, answer) => {
      await query(pool, RECORD, [call_key, JSON.stringify(answer)])
    },
    abandon: async () => (await query(pool, ABANDON, [])).length,
  }
}
