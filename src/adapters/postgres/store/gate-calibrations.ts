import { strengthOf, type GateStrength } from '#domain/autonomy'
import type { EventDraft } from '#domain/event'
import type { GateName } from '#domain/gate'
import type { CalibrationRecord, GateCalibrations, Identifiers, RecordedStrength, StandingMove } from '#ports'
import type { Database } from '../database/open-database.ts'
import { eventRows } from './ledger-events.ts'
import { inTenant, plain, query, queryOf } from './store-context.ts'

const STRENGTHS = {
  name: 'gate_strengths',
  text: `select repository, gate, caught, bad, false_alarms, honest, corpus, measured_by, measured_at
    from gander.gate_strength where tenant_id = $1 and ($2::text is null or repository in ('', $2))
    order by repository, gate`,
}
/** Rows are locked in one order, so two calibrations at once never wait for each other in a circle. */
const BEFORE = {
  name: 'gate_strengths_before',
  text: `select gate, standing from gander.gate_strength
    where tenant_id = $1 and repository = $2 order by gate for update`,
}
const PUT = {
  name: 'put_gate_strength',
  text: `insert into gander.gate_strength as g (tenant_id, repository, gate, caught, bad, false_alarms, honest, floor,
      standing, corpus, measured_by)
    select $1, $2, m.gate, m.caught, m.bad, m.false_alarms, m.honest, m.floor, m.standing, $4, $5
    from json_to_recordset($3) as m(gate text, caught integer, bad integer, false_alarms integer, honest integer,
      floor double precision, standing text)
    on conflict (tenant_id, repository, gate) do update
      set caught = excluded.caught, bad = excluded.bad, false_alarms = excluded.false_alarms, honest = excluded.honest,
        floor = excluded.floor, standing = excluded.standing, corpus = excluded.corpus,
        measured_by = excluded.measured_by, measured_at = clock_timestamp()`,
}
const APPEND = { name: 'append_calibration_events', text: 'select gander.append_events($1, null, null, $2)' }

interface Row {
  readonly repository: string
  readonly gate: GateName
  readonly caught: number
  readonly bad: number
  readonly false_alarms: number
  readonly honest: number
  readonly corpus: string
  readonly measured_by: string
  readonly measured_at: string
}

/** What calibrations found, in PostgreSQL. @throws GanderError `database_unavailable` from every method */
export function createGateCalibrations(store: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): GateCalibrations {
  const { pool } = store.database
  return {
    strengths: async (tenant, repository) => {
      const rows = await queryOf<Row>({ pool, tenant }, STRENGTHS, [tenant, repository ?? null])
      return rows.map(strengthIn)
    },
    record: (tenant, calibration) =>
      inTenant(pool, tenant, async (client) => {
        const { repository, corpus, by, gates } = calibration
        const of = plain(repository ?? '')
        const known = await query<{ readonly gate: GateName; readonly standing: GateStrength['standing'] }>(
          client,
          BEFORE,
          [tenant, of],
        )
        const measures = gates.map((each) => ({
          gate: each.gate,
          caught: each.caught.hits,
          bad: each.caught.of,
          false_alarms: each.false_alarms.hits,
          honest: each.false_alarms.of,
          floor: each.floor,
          standing: each.standing,
        }))
        await query(client, PUT, [tenant, of, JSON.stringify(measures), plain(corpus), plain(by)])
        const moves = movesOf(new Map(known.map(({ gate, standing }) => [gate, standing])), gates)
        const context = { pool, identifiers: store.identifiers }
        const rows = eventRows(context, eventsOf(calibration, moves), tenant, { actor_type: 'person', actor: by })
        await query(client, APPEND, [tenant, rows])
        return moves
      }),
  }
}

function strengthIn(row: Row): RecordedStrength {
  const { gate, repository, corpus, measured_by, measured_at } = row
  const caught = { hits: row.caught, of: row.bad }
  const strength = strengthOf({ gate, caught, false_alarms: { hits: row.false_alarms, of: row.honest } })
  return { ...strength, repository: repository === '' ? null : repository, corpus, measured_by, measured_at }
}

/** A gate that nobody measured before is taken for a proof, as runs took it until now. */
function movesOf(
  before: ReadonlyMap<GateName, GateStrength['standing']>,
  gates: readonly GateStrength[],
): readonly StandingMove[] {
  return gates
    .filter(({ gate, standing }) => (before.get(gate) ?? 'proof') !== standing)
    .map(({ gate, standing }) => ({ gate, to: standing }))
}

function eventsOf({ repository, corpus, by, gates }: CalibrationRecord, moves: readonly StandingMove[]) {
  const resource = { resource_type: 'gate_strength', resource_id: repository ?? 'program' } as const
  const figures = gates.map(({ gate, caught, false_alarms, standing }) => ({
    gate,
    caught: caught.hits,
    bad: caught.of,
    false_alarms: false_alarms.hits,
    honest: false_alarms.of,
    standing,
  }))
  const told: EventDraft = { event: 'gates_calibrated', facts: { repository, corpus, by, gates: figures }, ...resource }
  return [
    told,
    ...moves.map(({ gate, to }): EventDraft => {
      const { recall = 0, floor = 0 } = gates.find((each) => each.gate === gate) ?? {}
      const facts = { gate, repository, recall, floor, by }
      return { event: to === 'advice' ? 'gate_demoted' : 'gate_restored', facts, ...resource }
    }),
  ]
}
