import type { PhaseNumber } from '#domain/autonomy'
import { GanderError } from '#domain/failure'
import type { AutonomyRecords, ClassPhase, Identifiers } from '#ports'
import type { Database } from '../database/open-database.ts'
import { eventRows } from './ledger-events.ts'
import { inTenant, plain, query, queryOf } from './store-context.ts'

/** Where a class stands that was never moved: drafts for low-risk changes, which is what an installation starts with. */
const FIRST_PHASE: PhaseNumber = 3

const CLASSES = {
  name: 'autonomy_classes',
  text: `select coalesce(p.task_class, m.task_class) as task_class, coalesce(p.phase, $2) as phase, p.moved_by, p.moved_at,
      p.reason
    from (select * from gander.rollout_phase where tenant_id = $1) p
    full join (select distinct task_class from gander.run_measure where tenant_id = $1 and final_state is not null) m
      on m.task_class = p.task_class
    order by 1`,
}
const PHASE = {
  name: 'rollout_phase_of_class',
  text: `select task_class, phase, moved_by, moved_at, reason from gander.rollout_phase
    where tenant_id = $1 and task_class = $2`,
}
const MOVE = {
  name: 'move_rollout_phase',
  text: `insert into gander.rollout_phase as p (tenant_id, task_class, phase, moved_by, reason) values ($1, $2, $3, $4, $5)
    on conflict (tenant_id, task_class) do update
      set phase = excluded.phase, moved_by = excluded.moved_by, moved_at = clock_timestamp(), reason = excluded.reason
      where p.phase = $6
    returning task_class, phase, moved_by, moved_at, reason`,
}
const APPEND = { name: 'append_phase_event', text: 'select gander.append_events($1, null, null, $2)' }

/**
 * A gate is right where its last word agrees with the end: a no before a bad end, a yes before a good one. A yes before
 * a bad end says nothing of this gate and is left out; a no before a good end was overruled.
 */
const FIGURES = {
  name: 'autonomy_figures',
  text: `with m as (
      select * from gander.run_measure
      where tenant_id = $1 and task_class = $2 and final_state is not null
        and ($3::timestamptz is null or ended_at > $3)
    ), last_word as (
      select distinct on (g.run_id, g.gate) g.answer, g.final_state
      from gander.gate_outcome g join m on m.run_id = g.run_id
      where g.tenant_id = $1 order by g.run_id, g.gate, g.position desc
    ), compared as (
      select (answer = 'pass') = (final_state = 'completed') as is_right from last_word
      where answer in ('pass', 'fail') and not (answer = 'pass' and final_state <> 'completed')
    ), asked as (
      select a.decision from gander.approval a join m on m.run_id = a.run_id
      where a.tenant_id = $1 and a.kind = 'publication' and a.decision is not null and a.decided_by <> 'timeout'
    ), spent as (
      select sum(b.cost_usd) as usd from gander.budget b join m on m.run_id = b.run_id where b.tenant_id = $1
    )
    select count(*)::integer as runs, count(*) filter (where final_state = 'completed')::integer as successful,
      coalesce(sum(retries), 0)::integer as retries, count(*) filter (where overrides > 0)::integer as overridden,
      coalesce(sum(incidents), 0)::integer as secret_incidents,
      count(*) filter (where failure = 'policy_violation')::integer as forbidden_path_incidents,
      count(*) filter (where failure = 'publication_failed')::integer as publication_failures,
      count(*) filter (where mode = 'draft_pr')::integer as publications,
      (select count(*) from compared)::integer as compared,
      (select count(*) from compared where is_right)::integer as was_right,
      (select count(*) from asked)::integer as asked,
      (select count(*) from asked where decision = 'rejected')::integer as refused,
      (select usd from spent)::float8 as usd
    from m`,
}

interface FiguresRow {
  readonly runs: number
  readonly successful: number
  readonly retries: number
  readonly overridden: number
  readonly secret_incidents: number
  readonly forbidden_path_incidents: number
  readonly publication_failures: number
  readonly publications: number
  readonly compared: number
  readonly was_right: number
  readonly asked: number
  readonly refused: number
  readonly usd: number | null
}

/** Rollout phases and what runs showed, in PostgreSQL. @throws GanderError `database_unavailable` from every method */
export function createAutonomyRecords({
  database: { pool },
  identifiers,
}: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): AutonomyRecords {
  return {
    classes: (tenant) => queryOf<ClassPhase>({ pool, tenant }, CLASSES, [tenant, FIRST_PHASE]),
    phase: async (tenant, task_class) => {
      const [row] = await queryOf<ClassPhase>({ pool, tenant }, PHASE, [tenant, task_class])
      return row ?? { task_class, phase: FIRST_PHASE, moved_by: null, moved_at: null, reason: null }
    },
    figures: async (tenant, task_class, since) => {
      const [row] = await queryOf<FiguresRow>({ pool, tenant }, FIGURES, [tenant, task_class, since])
      if (row === undefined) throw new GanderError('internal', 'Figures without a row.')
      return figuresOf(row)
    },
    move: (tenant, task_class, { from, to, by, reason }) =>
      inTenant(pool, tenant, async (client) => {
        const values = [tenant, plain(task_class), to, plain(by), plain(reason), from]
        const [row] = await query<ClassPhase>(client, MOVE, values)
        if (row === undefined)
          throw new GanderError('rollout_criteria_unmet', `The phase of ${task_class} was moved by somebody else.`, {
            remedy: '`gander autonomy` shows where it is now.',
          })
        const facts = { task_class, from, to, by, reason }
        const draft = {
          event: 'rollout_phase_moved',
          facts,
          resource_type: 'task_class',
          resource_id: task_class,
        } as const
        const store = { pool, identifiers }
        await query(client, APPEND, [tenant, eventRows(store, [draft], tenant, { actor_type: 'person', actor: by })])
        return row
      }),
  }
}

const figuresOf = (row: FiguresRow): Awaited<ReturnType<AutonomyRecords['figures']>> => ({
  runs: row.runs,
  successful: row.successful,
  gate_accuracy: { hits: row.was_right, of: row.compared },
  overridden: { hits: row.overridden, of: row.runs },
  retries: row.retries,
  completed: { hits: row.successful, of: row.runs },
  publication_failures: { hits: row.publication_failures, of: row.publications },
  forbidden_path_incidents: row.forbidden_path_incidents,
  secret_incidents: row.secret_incidents,
  scope_rejections: { hits: row.refused, of: row.asked },
  cost_per_success_usd: row.successful === 0 || row.usd === null ? null : row.usd / row.successful,
  merged: null,
  rollbacks: null,
  verifier_escapes: null,
  average_changed_lines: null,
})
