-- Rows of one tenant only: whoever reads or writes says in its transaction whose they are (`set local gander.tenant`).
-- Nothing said, or said empty, means no rows at all. The owner is held to it as well, unless it is a superuser.
create function gander.tenant() returns text stable language sql as $$
  select nullif(current_setting('gander.tenant', true), '')
$$;

-- Makes the present transaction one of this tenant; a transaction never changes its tenant that way.
create function gander.enter(p_tenant text) returns void language plpgsql as $$
begin
  if gander.tenant() is null then
    perform set_config('gander.tenant', p_tenant, true);
  elsif gander.tenant() is distinct from p_tenant then
    raise exception 'this transaction is another tenant''s' using errcode = 'insufficient_privilege';
  end if;
end $$;

-- Protects a table that has a tenant_id; every migration that makes such a table calls it.
create function gander.protect(p_table regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('alter table %s force row level security', p_table);
  execute format('create policy own_tenant on %s using (tenant_id = gander.tenant()) with check (tenant_id = gander.tenant())',
    p_table);
end $$;
revoke execute on function gander.protect(regclass) from public;

-- The few functions that go over tenants run as the owner. Where that is no superuser, it may look at these tables whole;
-- what it writes is held to the tenant as everybody's writing is.
create function gander.platform_sees(p_table regclass) returns void language plpgsql as $$
begin
  execute format('create policy platform_sees on %s for select to current_user using (true)', p_table);
end $$;
revoke execute on function gander.platform_sees(regclass) from public;

select gander.protect(t::regclass) from unnest(array['gander.request', 'gander.task', 'gander.run', 'gander.step',
  'gander.tool_call', 'gander.model_call', 'gander.artifact', 'gander.policy_decision', 'gander.pull_request_link',
  'gander.budget', 'gander.exchange', 'gander.ledger_head', 'gander.audit_event', 'gander.guest_exchange',
  'gander.approval', 'gander.submission_key']) as t;
select gander.platform_sees(t::regclass) from unnest(array['gander.run', 'gander.exchange', 'gander.guest_exchange']) as t;

-- The ledger's one function runs as its owner, whom a policy may not hold: nobody appends to another tenant's chain.
create function gander.refuse_foreign_event() returns trigger language plpgsql as $$
begin
  raise exception 'this transaction is another tenant''s' using errcode = 'insufficient_privilege';
end $$;
create trigger event_of_tenant before insert on gander.audit_event
  for each row when (new.tenant_id is distinct from gander.tenant()) execute function gander.refuse_foreign_event();

-- The hot path in one round trip: the tenant is an argument, and the statement is the transaction.
create function gander.heartbeat(p_tenant text, p_run text, p_worker text, p_fence bigint, p_lease_ms integer)
returns table (cancel_requested_by text) language plpgsql as $$
begin
  perform gander.enter(p_tenant);
  return query update gander.run x set lease_expires_at = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where x.tenant_id = p_tenant and x.id = p_run and x.worker = p_worker and x.fence = p_fence
  returning x.cancel_requested_by;
end $$;

create function gander.load_run(p_tenant text, p_run text) returns setof gander.run language plpgsql as $$
begin
  perform gander.enter(p_tenant);
  return query select * from gander.run x where x.tenant_id = p_tenant and x.id = p_run;
end $$;

-- Claims a call's key; one that is there already is read under the lock of its row.
create function gander.claim_exchange(p_tenant text, p_key text, p_run text, p_request_sha256 text)
returns table (status text, request_sha256 text, answer json) language plpgsql as $$
begin
  perform gander.enter(p_tenant);
  insert into gander.exchange (tenant_id, call_key, run_id, request_sha256, status)
  values (p_tenant, p_key, p_run, p_request_sha256, 'sent') on conflict do nothing;
  if found then
    return query select 'made', null::text, null::json;
    return;
  end if;
  return query select e.status, e.request_sha256, e.answer from gander.exchange e
  where e.tenant_id = p_tenant and e.call_key = p_key;
end $$;

create function gander.record_exchange(p_tenant text, p_key text, p_answer json) returns void language plpgsql as $$
begin
  perform gander.enter(p_tenant);
  update gander.exchange e set status = 'answered', answer = p_answer, answered_at = clock_timestamp()
  where e.tenant_id = p_tenant and e.call_key = p_key and e.status = 'sent';
end $$;

-- What goes over tenants. Each of these answers whose something is, or does one thing for each tenant in turn; none
-- shows rows.
create function gander.tenant_of_run(p_run text) returns text stable language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select r.tenant_id from gander.run r where r.id = p_run
$$;

-- Whose runs a sweep on this host has to look at: leases held here, leases that ran out, runs without attempts left.
create function gander.tenants_to_sweep(p_host text) returns setof text volatile language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select r.tenant_id from gander.run r
  where r.worker is not null and (r.worker_host = p_host or r.lease_expires_at < clock_timestamp())
  union
  select r.tenant_id from gander.run r where r.state = 'queued' and r.attempts >= r.max_attempts
$$;
create index run_used_up on gander.run (tenant_id, id) where state = 'queued' and attempts >= max_attempts;

create function gander.abandon_exchanges() returns bigint language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  t text;
  found_here bigint;
  total bigint := 0;
begin
  for t in select distinct e.tenant_id from gander.exchange e where e.status = 'sent' loop
    perform set_config('gander.tenant', t, true);
    update gander.exchange e set status = 'unknown' where e.tenant_id = t and e.status = 'sent';
    get diagnostics found_here = row_count;
    total := total + found_here;
  end loop;
  return total;
end $$;

create function gander.tenants_with_open_guest_calls() returns setof text stable language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select distinct e.tenant_id from gander.guest_exchange e where e.outcome = 'sent'
$$;

revoke execute on function gander.refuse_foreign_event(),
  gander.heartbeat(text, text, text, bigint, integer), gander.load_run(text, text), gander.claim_exchange(text, text, text, text),
  gander.record_exchange(text, text, json), gander.tenant_of_run(text), gander.tenants_to_sweep(text),
  gander.abandon_exchanges(), gander.tenants_with_open_guest_calls() from public;
grant execute on function gander.heartbeat(text, text, text, bigint, integer), gander.load_run(text, text), gander.claim_exchange(text, text, text, text),
  gander.record_exchange(text, text, json), gander.tenant_of_run(text), gander.tenants_to_sweep(text),
  gander.abandon_exchanges(), gander.tenants_with_open_guest_calls() to gander_app;
