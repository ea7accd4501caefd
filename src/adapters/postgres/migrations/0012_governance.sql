-- Stops, pauses and budgets over many runs. What holds for every tenant has the tenant '*', and every tenant may read it.

select gander.protect('gander.kill_switch');

-- How often the switches of a tenant were moved. The epochs of its rows must add up to it, so that one that is gone shows.
create table gander.kill_switch_moves (
  tenant_id text not null primary key,
  moves     bigint not null
);
insert into gander.kill_switch_moves select tenant_id, sum(epoch) from gander.kill_switch group by tenant_id;
select gander.protect('gander.kill_switch_moves');
grant select on gander.kill_switch_moves to gander_app;

create function gander.count_switch_move() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.epoch <> (case tg_op when 'UPDATE' then old.epoch else 0 end) + 1 then
    raise exception 'the epoch of a switch grows by one with each move' using errcode = 'check_violation';
  end if;
  insert into gander.kill_switch_moves as m (tenant_id, moves) values (new.tenant_id, 1)
  on conflict (tenant_id) do update set moves = m.moves + 1;
  return null;
end $$;
create function gander.keep_switch() returns trigger language plpgsql as $$
begin
  raise exception 'a switch is released, never removed' using errcode = 'check_violation';
end $$;
create trigger switch_kept before delete or truncate on gander.kill_switch
  for each statement execute function gander.keep_switch();
create trigger switch_counted after insert or update on gander.kill_switch
  for each row execute function gander.count_switch_move();

-- A scheduler that stands still: runs are taken in and none is leased.
create table gander.scheduler_pause (
  tenant_id  text not null primary key,
  paused_by  text not null,
  paused_at  timestamptz not null default clock_timestamp(),
  reason     text not null,
  -- Null while it stands still.
  resumed_at timestamptz
);
select gander.protect('gander.scheduler_pause');
grant select, insert, update on gander.scheduler_pause to gander_app;

-- After a stop is lifted, leases come at a bounded rate for a while.
create table gander.resume_pace (
  tenant_id  text not null primary key,
  until      timestamptz not null,
  per_second integer not null check (per_second > 0),
  second     timestamptz not null default '-infinity',
  taken      integer not null default 0
);
select gander.protect('gander.resume_pace');
grant select, insert, update on gander.resume_pace to gander_app;

-- What holds for everyone is told to everyone; the functions below run as the owner and see every tenant's rows.
do $$
declare
  name text;
begin
  foreach name in array array['kill_switch', 'kill_switch_moves', 'scheduler_pause', 'resume_pace'] loop
    execute format('create policy for_every_tenant on gander.%I for select using (tenant_id = %L)', name, '*');
    execute format('create policy of_the_owner on gander.%I to current_user using (true) with check (true)', name);
  end loop;
end $$;

-- True where anything may stand in the way of a lease; one look where nothing does, which is nearly always.
create function gander.any_stop(p_tenant text) returns boolean stable language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
  return exists (select from gander.kill_switch k where k.tenant_id in (p_tenant, '*') and k.actions::text <> '[]')
    or exists (select from gander.scheduler_pause s where s.tenant_id in (p_tenant, '*') and s.resumed_at is null)
    or exists (select from gander.resume_pace p where p.tenant_id in (p_tenant, '*') and p.until > clock_timestamp())
    or (select coalesce(sum(m.moves), 0) from gander.kill_switch_moves m where m.tenant_id in (p_tenant, '*'))
      <> (select coalesce(sum(k.epoch), 0) from gander.kill_switch k where k.tenant_id in (p_tenant, '*'));
end $$;

-- Why a run of this tenant may not be leased now: `switch`, `unknown`, `paused` or `paced`; null where nothing stops it.
create function gander.lease_stop(p_tenant text, p_repository text, p_capability text, p_campaign text, p_mode text)
returns text stable language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not gander.any_stop(p_tenant) then
    return null;
  end if;
  if exists (select from gander.kill_switch k where k.tenant_id in (p_tenant, '*')
      and (k.level in ('global', 'tenant') or k.level = 'repository' and k.subject = p_repository
        or k.level = 'capability' and k.subject = p_capability or k.level = 'campaign' and k.subject = p_campaign)
      and (k.actions::jsonb ?| array['no_new_runs', 'cancel_running_runs', 'block_repository']
        or p_mode in ('autonomous_pr', 'fleet_campaign') and k.actions::jsonb ? 'no_autonomous_runs'
        or p_campaign is not null and k.actions::jsonb ? 'pause_waves')) then
    return 'switch';
  end if;
  if (select coalesce(sum(k.epoch), 0) from gander.kill_switch k where k.tenant_id in (p_tenant, '*'))
    <> (select coalesce(sum(m.moves), 0) from gander.kill_switch_moves m where m.tenant_id in (p_tenant, '*')) then
    return 'unknown';
  end if;
  if exists (select from gander.scheduler_pause s where s.tenant_id in (p_tenant, '*') and s.resumed_at is null) then
    return 'paused';
  end if;
  if exists (select from gander.resume_pace p where p.tenant_id in (p_tenant, '*') and p.until > clock_timestamp()
      and p.second = date_trunc('second', clock_timestamp()) and p.taken >= p.per_second) then
    return 'paced';
  end if;
  return null;
end $$;

-- No way to a lease leads past this, whatever a queue thought it knew a moment before.
create function gander.guard_lease() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  was text := coalesce(current_setting('gander.tenant', true), '');
  now_second timestamptz := date_trunc('second', clock_timestamp());
  stop text;
  p gander.resume_pace;
begin
  if not gander.any_stop(new.tenant_id) then
    return new;
  end if;
  perform set_config('gander.tenant', new.tenant_id, true);
  select gander.lease_stop(t.tenant_id, t.repository, t.capability, t.contract ->> 'campaign_id', new.mode) into stop
  from gander.task t where t.tenant_id = new.tenant_id and t.id = new.task_id;
  perform set_config('gander.tenant', was, true);
  if stop is null then
    for p in select * from gander.resume_pace x
      where x.tenant_id in (new.tenant_id, '*') and x.until > clock_timestamp() order by x.tenant_id for update loop
      if p.second = now_second and p.taken >= p.per_second then
        stop := 'paced';
      else
        update gander.resume_pace x set second = now_second,
          taken = case when p.second = now_second then p.taken + 1 else 1 end where x.tenant_id = p.tenant_id;
      end if;
    end loop;
  end if;
  if stop is not null then
    raise exception 'run % may not be leased now: %', new.id, stop using errcode = 'GAK01';
  end if;
  return new;
end $$;
create trigger lease_guarded before update on gander.run
  for each row when (old.state = 'queued' and new.state = 'leased') execute function gander.guard_lease();

-- Budgets over many runs: what a scope may use, and what it has used in each period (a UTC day for `day`, else '').
create table gander.scope_budget (
  tenant_id    text not null,
  kind         text not null check (kind in ('day', 'task_class', 'campaign', 'tenant')),
  -- The capability or the campaign; '' for the kinds that need none.
  subject      text not null,
  -- 0 means none; null means that this scope sets no limit.
  max_cost_usd numeric check (max_cost_usd >= 0),
  set_by       text not null,
  set_at       timestamptz not null default clock_timestamp(),
  primary key (tenant_id, kind, subject),
  check ((kind in ('day', 'tenant')) = (subject = ''))
);
create table gander.scope_use (
  tenant_id    text not null,
  kind         text not null check (kind in ('day', 'task_class', 'campaign', 'tenant')),
  subject      text not null,
  period       text not null,
  cost_usd     numeric not null check (cost_usd >= 0),
  reserved_usd numeric not null check (reserved_usd >= 0),
  -- The highest share of the limit that was told.
  warned       integer not null default 0,
  primary key (tenant_id, kind, subject, period)
) with (fillfactor = 50);
select gander.protect('gander.scope_budget');
select gander.protect('gander.scope_use');
grant select, insert, update on gander.scope_budget to gander_app;
grant select on gander.scope_use to gander_app;
grant update (warned) on gander.scope_use to gander_app;

-- The day on which what a run has reserved was taken; it is settled on that day too.
alter table gander.budget add column reserved_day date;

-- An identifier as the program makes them: 26 characters over a UUID v7.
create function gander.event_id() returns text volatile language sql set search_path = pg_catalog, pg_temp as $$
  select 'aud_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', substr(b.bits, n * 5 + 1, 5)::bit(5)::integer + 1, 1),
    '' order by n)
  from (select '00' || ('x' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
    || substr(replace(gen_random_uuid()::text, '-', ''), 14))::bit(128)::text as bits) b, generate_series(0, 25) n
$$;

-- Tells once that a scope has passed a share of its limit.
create function gander.warn_scope(u gander.scope_use, p_limit numeric) returns void language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  used numeric := trim_scale(round(u.cost_usd + u.reserved_usd, 6));
  share integer;
begin
  select max(t) into share from unnest(array[80, 90, 95, 99]) t where used * 100 >= p_limit * t;
  if share is null or share <= u.warned then
    return;
  end if;
  update gander.scope_use x set warned = share
  where x.tenant_id = u.tenant_id and x.kind = u.kind and x.subject = u.subject and x.period = u.period;
  perform gander.append_events(u.tenant_id, null, null, json_build_array(json_build_object(
    'audit_id', gander.event_id(), 'event', 'budget_warned', 'actor_type', 'service', 'actor', 'gander',
    'resource_type', 'budget', 'resource_id', rtrim(u.kind || ':' || u.subject, ':'),
    'facts', concat('{"kind":', to_json(u.kind), ',"limit_usd":', trim_scale(round(p_limit, 6)), ',"percent":', share,
      ',"subject":', to_json(u.subject), ',"used_usd":', used, '}'))));
end $$;

-- Whatever is reserved in or settled on a run's budget is so in every scope that concerns the run, by the same statement.
-- A reservation that one of them cannot hold is an error (GAB01) that takes back all of it. Scopes are locked in one order.
create function gander.spend_scopes() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  was text := coalesce(current_setting('gander.tenant', true), '');
  today date := (clock_timestamp() at time zone 'UTC')::date;
  booked date := coalesce(old.reserved_day, today);
  reserving numeric := new.reserved_usd - old.reserved_usd;
  on_day date := case when reserving > 0 or old.reserved_usd = 0 then today else booked end;
  -- What is still open from an earlier day goes along to the day of a new reservation.
  carried numeric := case when on_day <> booked then old.reserved_usd else 0 end;
  s record;
  u gander.scope_use;
  allowed numeric;
begin
  perform set_config('gander.tenant', new.tenant_id, true);
  if carried > 0 then
    update gander.scope_use x set reserved_usd = greatest(0, x.reserved_usd - carried)
    where x.tenant_id = new.tenant_id and x.kind = 'day' and x.subject = '' and x.period = booked::text;
  end if;
  for s in select v.kind, v.subject, v.period, v.reserved
    from gander.run r join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id,
      lateral (values ('campaign', t.contract ->> 'campaign_id', '', reserving), ('day', '', on_day::text, reserving + carried),
        ('task_class', t.capability, '', reserving), ('tenant', '', '', reserving)) v (kind, subject, period, reserved)
    where r.tenant_id = new.tenant_id and r.id = new.run_id and v.subject is not null
    order by v.kind
  loop
    insert into gander.scope_use as x (tenant_id, kind, subject, period, cost_usd, reserved_usd)
    values (new.tenant_id, s.kind, s.subject, s.period, greatest(0, new.cost_usd - old.cost_usd), greatest(0, s.reserved))
    on conflict (tenant_id, kind, subject, period) do update
      set cost_usd = x.cost_usd + new.cost_usd - old.cost_usd, reserved_usd = greatest(0, x.reserved_usd + s.reserved)
    returning x.* into u;
    select b.max_cost_usd into allowed from gander.scope_budget b
    where b.tenant_id = new.tenant_id and b.kind = s.kind and b.subject = s.subject;
    if allowed is null then
      continue;
    end if;
    if reserving > 0 and u.cost_usd + u.reserved_usd > allowed then
      raise exception 'the budget of % % does not hold this', s.kind, s.subject using errcode = 'GAB01',
        detail = json_build_object('kind', s.kind, 'subject', s.subject, 'limit', allowed,
          'used', u.cost_usd + u.reserved_usd - reserving)::text;
    end if;
    perform gander.warn_scope(u, allowed);
  end loop;
  new.reserved_day := case when new.reserved_usd > 0 then on_day end;
  perform set_config('gander.tenant', was, true);
  return new;
end $$;
create trigger scopes_spent before update on gander.budget for each row
  when (old.reserved_usd <> new.reserved_usd or old.cost_usd <> new.cost_usd) execute function gander.spend_scopes();

revoke execute on function gander.count_switch_move(), gander.keep_switch(), gander.guard_lease(), gander.event_id(),
  gander.warn_scope(gander.scope_use, numeric), gander.spend_scopes(), gander.any_stop(text) from public;
revoke execute on function gander.lease_stop(text, text, text, text, text) from public;
grant execute on function gander.lease_stop(text, text, text, text, text) to gander_app;
