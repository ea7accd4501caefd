import { RUN_STATES, isActive, successors } from '#domain/run'

/**
 * The run lifecycle as the database knows it, made from RUN_LIFECYCLE. The last migration about it holds exactly this
 * text, which a test compares: a changed lifecycle needs a new migration.
 */
export function lifecycleSql(): string {
  const list = (states: readonly string[]) => states.map((state) => `'${state}'`).join(', ')
  const arrows = RUN_STATES.filter((from) => successors(from).length > 0).map(
    (from) => `    when '${from}' then p_to in (${list(successors(from))})`,
  )
  return [
    '-- Made from RUN_LIFECYCLE in src/domain/run; a test compares them.',
    'alter table gander.run drop constraint if exists run_state_known;',
    `alter table gander.run add constraint run_state_known check (state in (${list(RUN_STATES)}));`,
    'alter table gander.run drop constraint if exists run_lease_where_active;',
    'alter table gander.run add constraint run_lease_where_active',
    `  check ((worker is not null) = (state in (${list(RUN_STATES.filter(isActive))})));`,
    'create or replace function gander.run_may_become(p_from text, p_to text) returns boolean immutable language sql as $$',
    '  select case p_from',
    ...arrows,
    '    else false end',
    '$$;',
    '',
  ].join('\n')
}
