import { createHash } from 'node:crypto'
import type { TenantId } from '#domain/ids'
import type { FlakeRecord, KeptBaseline, ProofRecords } from '#ports'
import type { Database } from '../database/open-database.ts'
import { plain, queryOf } from './store-context.ts'

const BASELINE = {
  name: 'kept_baseline',
  text: `select run_id, report_sha256, artifacts from gander.baseline
    where tenant_id = $1 and key = $2 and expires_at > clock_timestamp()`,
}
const KEEP = {
  name: 'keep_baseline',
  text: `insert into gander.baseline (tenant_id, key, run_id, report_sha256, artifacts, expires_at)
    values ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 second')
    on conflict (tenant_id, key) do update set run_id = excluded.run_id, report_sha256 = excluded.report_sha256,
      artifacts = excluded.artifacts, kept_at = excluded.kept_at, expires_at = excluded.expires_at`,
}
const FLAKES = {
  name: 'flakes_of_repository',
  text: `select test_id, outcomes::int, disagreeing::int from gander.test_flake
    where tenant_id = $1 and repository = $2 and disagreeing > 0 order by disagreeing desc, test_key limit 1000`,
}
/** Rows are locked in one order, so that two runs that write at once wait for each other and never deadlock. */
const ADD = {
  name: 'add_flakes',
  text: `insert into gander.test_flake as f (tenant_id, repository, test_key, test_id, outcomes, disagreeing)
    select $1, $2, s.test_key, s.test_id, s.outcomes, s.disagreeing
    from json_to_recordset($3::json) as s (test_key text, test_id text, outcomes bigint, disagreeing bigint)
    where s.disagreeing > 0 or exists (select from gander.test_flake k
      where k.tenant_id = $1 and k.repository = $2 and k.test_key = s.test_key)
    order by s.test_key
    on conflict (tenant_id, repository, test_key) do update set outcomes = f.outcomes + excluded.outcomes,
      disagreeing = f.disagreeing + excluded.disagreeing, seen_at = clock_timestamp()`,
}

/** What runs of one tenant learnt about base commits and tests, in PostgreSQL. */
export function createProofRecords({
  database,
  tenant,
}: {
  readonly database: Pick<Database, 'pool'>
  readonly tenant: TenantId
}): ProofRecords {
  const store = { pool: database.pool, tenant }
  return {
    baseline: async (key) => (await queryOf<KeptBaseline>(store, BASELINE, [tenant, key]))[0],
    keepBaseline: async (key, { run_id, report_sha256, artifacts }, seconds) => {
      await queryOf(store, KEEP, [tenant, key, run_id, report_sha256, JSON.stringify(artifacts), seconds])
    },
    flakes: (repository) => queryOf<FlakeRecord>(store, FLAKES, [tenant, plain(repository)]),
    addFlakes: async (repository, seen) => {
      if (seen.length === 0) return
      const rows = new Map(seen.map((each) => [keyOf(each.test_id), { ...each, test_id: plain(each.test_id) }]))
      const given = [...rows].map(([test_key, each]) => ({ test_key, ...each }))
      await queryOf(store, ADD, [tenant, plain(repository), JSON.stringify(given)])
    },
  }
}

const keyOf = (test_id: string): string => createHash('sha256').update(test_id).digest('hex')
