-- Kill switches: one row for each scope that was ever moved. The epoch grows with every move.
create table gander.kill_switch (
  -- '*' for the switch over everything; it belongs to no tenant.
  tenant_id text not null,
  level     text not null check (level in ('global', 'tenant', 'campaign', 'repository', 'capability')),
  -- The campaign, repository or capability; '' for the levels that need none.
  subject   text not null,
  actions   json not null,
  epoch     bigint not null check (epoch > 0),
  moved_by  text not null,
  moved_at  timestamptz not null default clock_timestamp(),
  reason    text not null,
  primary key (tenant_id, level, subject),
  check ((level = 'global') = (tenant_id = '*')),
  check ((level in ('global', 'tenant')) = (subject = ''))
);

-- A hint for whoever watches; the row is what counts.
create function gander.tell_switch() returns trigger language plpgsql as $$
begin
  perform pg_notify('gander_switches', new.epoch::text);
  return null;
end $$;
create trigger switch_told after insert or update on gander.kill_switch
  for each row execute function gander.tell_switch();

grant select, insert, update on gander.kill_switch to gander_app;
revoke execute on function gander.tell_switch() from public;
