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

-- The oldest run of a tenant that has attempts left and nobody is taking, locked; the transaction becomes the tenant's.
create function gander.oldest_run(p_tenant text, p_only text) returns gander.run language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  r gander.run;
begin
  perform set_config('gander.tenant', p_tenant, true);
  if p_only is not null then
    select * into r from gander.run x
    where x.tenant_id = p_tenant and x.id = p_only and x.state = 'queued' and x.attempts < x.max_attempts
    for no key update skip locked;
  else
    select * into r from gander.run x
    where x.tenant_id = p_tenant and x.state = 'queued' and x.attempts < x.max_attempts
    order by x.created_at, x.id limit 1 for no key update skip locked;
  end if;
  return r;
end $$;

-- True while the tenant's workers hold fewer runs than it may have; whoever asks holds the lock of the tenant's row.
create function gander.has_room(q gander.tenant_queue) returns boolean language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
  return q.max_running is null or q.max_running > (
    select count(*) from gander.run r where r.tenant_id = q.tenant_id and r.worker is not null);
end $$;

-- Takes the next run: of the tenant whose turn it is, or of p_tenant, or the one that is named. It comes locked, with its
-- task. Tenants that somebody else is choosing from are passed over, and waited for where nothing else was found; whoever
-- waits holds no tenant's row, so that no two wait for each other: `again` asks for another transaction in place of that.
create function gander.next_run(p_tenant text, p_only text) returns table (run json, contract json, again boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  q gander.tenant_queue;
  r gander.run;
  whose text := coalesce(p_tenant, gander.tenant_of_run(p_only));
  candidate text;
  busy text;
  holds boolean := false;
begin
  if p_only is not null and whose is null then
    return;
  end if;
  for q in select * from gander.tenant_queue t where t.waiting and (whose is null or t.tenant_id = whose)
    order by t.turn, t.tenant_id
  loop
    candidate := q.tenant_id;
    continue when not gander.has_room(q);
    select * into q from gander.tenant_queue t where t.tenant_id = candidate and t.waiting for update skip locked;
    if not found then
      busy := coalesce(busy, candidate);
      continue;
    end if;
    holds := true;
    r := gander.take_of(q, p_only);
    exit when r.id is not null;
  end loop;
  if r.id is null and busy is not null then
    if holds then
      return query select null::json, null::json, true;
      return;
    end if;
    select * into q from gander.tenant_queue t where t.tenant_id = busy and t.waiting for update;
    if found then
      r := gander.take_of(q, p_only);
    end if;
    if r.id is null then
      return query select null::json, null::json, true;
      return;
    end if;
  end if;
  if r.id is not null then
    return query select to_json(r), k.contract, false from gander.task k
    where k.tenant_id = r.tenant_id and k.id = r.task_id;
  end if;
end $$;

-- Takes a run of a tenant whose row is locked, and sends the tenant to the end of the line; or finds that it waits no more.
create function gander.take_of(q gander.tenant_queue, p_only text) returns gander.run language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  r gander.run;
begin
  if gander.has_room(q) then
    r := gander.oldest_run(q.tenant_id, p_only);
    if r.id is not null then
      update gander.tenant_queue t set turn = nextval('gander.turn') where t.tenant_id = q.tenant_id;
    elsif p_only is null then
      update gander.tenant_queue t set waiting = false
      where t.tenant_id = q.tenant_id and not exists (
        select from gander.run x where x.tenant_id = q.tenant_id and x.state = 'queued');
    end if;
  end if;
  return r;
end $$;

revoke execute on function gander.tell_queue(), gander.oldest_run(text, text), gander.has_room(gander.tenant_queue),
  gander.take_of(gander.tenant_queue, text), gander.next_run(text, text) from public;
grant execute on function gander.next_run(text, text) to gander_app;
