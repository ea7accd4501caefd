-- Tenants take turns. A row says whether a tenant may have a queued run and when it was served last; a claim takes the
-- tenant that waits longest and then its oldest run, so that neither depends on how long anybody's queue is.
create table gander.tenant_queue (
  tenant_id   text not null primary key,
  -- False only where no run of the tenant is queued. Whoever queues a run locks this row, and so does whoever clears it.
  waiting     boolean not null default true,
  -- The tenant with the lowest is served next, and then goes to the end of the line.
  turn        bigint not null default 0,
  -- Most runs held by workers at once: null means no limit, 0 means none.
  max_running integer check (max_running >= 0)
) with (fillfactor = 50);
create index tenant_queue_line on gander.tenant_queue (turn, tenant_id) where waiting;
create sequence gander.turn;

insert into gander.tenant_queue (tenant_id) select distinct r.tenant_id from gander.run r where r.state = 'queued';
select gander.protect('gander.tenant_queue');
create policy platform_takes_turns on gander.tenant_queue to current_user using (true) with check (true);
grant select, insert, update on gander.tenant_queue to gander_app;

drop index gander.run_ready;
create index run_ready on gander.run (tenant_id, created_at, id) where state = 'queued';
create index run_held on gander.run (tenant_id) where worker is not null;

-- Before the row, not after it: a queued run takes its tenant's row first and the ledger's head last, as a claim does.
create function gander.tell_queue() returns trigger language plpgsql as $$
begin
  insert into gander.tenant_queue as q (tenant_id) values (new.tenant_id)
  on conflict (tenant_id) do update set waiting = true;
  return new;
end $$;
create trigger run_queued before insert on gander.run for each row execute function gander.tell_queue();
create trigger run_queued_again before update of state on gander.run
  for each row when (new.state = 'queued' and old.state <> 'queued') execute function gander.tell_queue();

revoke execute on function gander.tell_queue() from public;
