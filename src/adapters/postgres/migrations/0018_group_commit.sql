-- Writes of one tenant that arrive together go together: one statement locks their runs, checks each fence, writes the
-- steps, moves the runs and appends all their events to the chain. A run has at most one part in a statement. What is
-- not its lease's holder's, or not at its version any more, is left out of the answer and nothing of it is written; an
-- error takes back the whole statement, and whoever sent it sends each part again alone. Tables are bounded by `any (runs)`
-- wherever they are read: a table that has just begun to grow has no statistics, and a plan must be good without them.
drop function gander.write_run(text, text, bigint, bigint, json, json, json, json, text);
drop function gander.begin_step(text, text, bigint, text, text, text, numeric, boolean, json);
drop function gander.finish_step(gander.run, json, text);
drop function gander.move_run(gander.run, json);
drop function gander.add_records(gander.run, json);
drop function gander.add_decisions(gander.run, integer, json);

-- A heartbeat changes no index; a sweep looks at the runs that are held, which are few.
drop index gander.run_leases;
-- Nor is a run looked for by its id in the index of a tenant's newest ones, however few runs the planner believes in.
drop index gander.run_newest;
create index run_newest on gander.run (tenant_id, created_at desc);

-- The hash of an event, from that of the one before it and its body around that.
create function gander.seal(p_previous text, p_start text, p_tenant text, p_seq bigint, p_opening text, p_closing text)
returns text immutable language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return encode(sha256(convert_to(concat('gander.ledger.v1', E'\n', p_tenant, E'\n', p_seq, E'\n',
    coalesce(p_previous, p_start), E'\n', p_opening, coalesce(p_previous, p_start), p_closing), 'UTF8')), 'hex');
end $$;
create aggregate gander.chain(p_start text, p_tenant text, p_seq bigint, p_opening text, p_closing text)
  (sfunc = gander.seal, stype = text);

-- As in 0003, and of many runs at once: an event may name its run, and then carries the state which that has now.
create or replace function gander.append_events(p_tenant text, p_run text, p_state text, p_events json) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  head gander.ledger_head;
  at timestamptz;
  stamp text;
begin
  select * into head from gander.ledger_head h where h.tenant_id = p_tenant for no key update;
  if not found then
    insert into gander.ledger_head values (p_tenant, 0, repeat('0', 64)) on conflict do nothing;
    select * into head from gander.ledger_head h where h.tenant_id = p_tenant for no key update;
  end if;
  at := date_trunc('milliseconds', clock_timestamp());
  stamp := to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  with given as materialized (
    select e.*, coalesce(e.run, p_run) as run_id from rows from (json_to_recordset(p_events) as (run text, audit_id text,
      event text, actor_type text, actor text, resource_type text, resource_id text, decision text, decision_id text,
      approval_id text, policy_version text, request_hash text, result_hash text, facts text)) with ordinality as e
  ), of_run as materialized (
    select g.run_id, coalesce((select max(a.run_seq) from gander.audit_event a
        where a.tenant_id = p_tenant and a.run_id = g.run_id), 0) as last,
      case when p_run is null
        then (select r.state from gander.run r where r.tenant_id = p_tenant and r.id = g.run_id) else p_state end as state
    from (select distinct x.run_id from given x where x.run_id is not null) g
  ), placed as (
    select g.*, case when o.run_id is null then p_state else o.state end as state, head.seq + g.ordinality as seq,
      o.last + row_number() over (partition by g.run_id order by g.ordinality) as run_seq
    from given g left join of_run o on o.run_id = g.run_id
  ), bodies as (
    select e.*, concat(
        '{"actor":', to_json(e.actor),
        ',"actor_type":', to_json(e.actor_type),
        ',"approval_id":', coalesce(to_json(e.approval_id)::text, 'null'),
        ',"audit_id":', to_json(e.audit_id),
        ',"created_at":"', stamp,
        '","decision":', coalesce(to_json(e.decision)::text, 'null'),
        ',"decision_id":', coalesce(to_json(e.decision_id)::text, 'null'),
        ',"event":', to_json(e.event),
        ',"facts":', e.facts,
        ',"policy_version":', coalesce(to_json(e.policy_version)::text, 'null'),
        ',"previous_hash":"') as opening, concat(
        '","request_hash":', coalesce(to_json(e.request_hash)::text, 'null'),
        ',"resource_id":', to_json(e.resource_id),
        ',"resource_type":', to_json(e.resource_type),
        ',"result_hash":', coalesce(to_json(e.result_hash)::text, 'null'),
        ',"run_id":', coalesce(to_json(e.run_id)::text, 'null'),
        ',"run_seq":', coalesce(e.run_seq::text, 'null'),
        ',"seq":', e.seq,
        ',"state":', coalesce(to_json(e.state)::text, 'null'),
        ',"tenant_id":', to_json(p_tenant), '}') as closing
    from placed e
  ), sealed as (
    select b.*, gander.chain(head.hash, p_tenant, b.seq, b.opening, b.closing)
      over (order by b.seq rows unbounded preceding) as hash
    from bodies b
  ), added as (
    insert into gander.audit_event (tenant_id, seq, audit_id, run_id, run_seq, event, actor_type, actor, resource_type,
      resource_id, decision, decision_id, approval_id, policy_version, request_hash, result_hash, state, facts,
      created_at, previous_hash, hash)
    select p_tenant, s.seq, s.audit_id, s.run_id, s.run_seq, s.event, s.actor_type, s.actor, s.resource_type,
      s.resource_id, s.decision, s.decision_id, s.approval_id, s.policy_version, s.request_hash, s.result_hash, s.state,
      s.facts::json, at, lag(s.hash, 1, head.hash) over (order by s.seq), s.hash
    from sealed s order by s.seq
    returning seq, hash
  )
  select a.seq, a.hash into head.seq, head.hash from added a order by a.seq desc limit 1;
  if found then
    update gander.ledger_head h set seq = head.seq, hash = head.hash where h.tenant_id = p_tenant;
  end if;
end $$;

-- Writes outcomes once and settles their reservations. Told are the runs whose step had that very outcome already, so
-- that a repeated write whose first answer was lost changes nothing.
create function gander.finish_steps(p_tenant text, p_runs text[], p_steps json) returns text[] language plpgsql
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  at timestamptz := date_trunc('milliseconds', clock_timestamp());
  others text[];
  odd record;
begin
  with w as materialized (
    select * from json_to_recordset(p_steps) as t (run text, n integer, sha256 text, tree text, cost_usd numeric,
      tokens bigint, outcome text) where t.run = any (p_runs)
  ), finished as (
    update gander.step x set outcome = w.outcome::json, outcome_sha256 = w.sha256, outcome_at = at, tree = w.tree,
      cost_usd = w.cost_usd, tokens = w.tokens
    from w where x.tenant_id = p_tenant and x.run_id = any (p_runs) and x.run_id = w.run and x.n = w.n
      and x.outcome_at is null
    returning x.run_id, x.reserve_usd, x.opened_at, x.cost_usd, x.tokens
  ), settled as (
    update gander.budget b set reserved_usd = b.reserved_usd - f.reserve_usd, cost_usd = b.cost_usd + f.cost_usd,
      tokens = b.tokens + f.tokens, active_ms = b.active_ms + greatest(0, extract(epoch from at - f.opened_at) * 1000)
    from finished f where b.tenant_id = p_tenant and b.run_id = any (p_runs) and b.run_id = f.run_id
  )
  select coalesce(array_agg(w.run), '{}') into others from w where w.run not in (select f.run_id from finished f);
  if cardinality(others) > 0 then
    for odd in select w.run, w.n, x.n is null as unknown, x.outcome_sha256 is distinct from w.sha256 as differs
      from json_to_recordset(p_steps) as w (run text, n integer, sha256 text)
      left join gander.step x on x.tenant_id = p_tenant and x.run_id = w.run and x.n = w.n where w.run = any (others)
    loop
      if odd.unknown then
        raise exception 'run % has no step %', odd.run, odd.n using errcode = 'no_data_found';
      elsif odd.differs then
        raise exception 'step % of run % has its outcome', odd.n, odd.run using errcode = 'GAW01';
      end if;
    end loop;
  end if;
  return others;
end $$;

-- Takes runs to their next forms. A lease is kept while its run is active, and gone otherwise.
create function gander.move_runs(p_tenant text, p_runs text[], p_nexts json) returns gander.run[] language plpgsql
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  moved gander.run[];
begin
  with w as materialized (
    select * from json_to_recordset(p_nexts) as n (run text, state text, version bigint, fence bigint, attempts integer,
      cancel_requested_by text, facts text, detail text, worker text) where n.run = any (p_runs)
  ), m as (
    update gander.run x set
      state = w.state, version = w.version, fence = w.fence, attempts = w.attempts,
      cancel_requested_by = w.cancel_requested_by, facts = w.facts::json, detail = w.detail::json, worker = w.worker,
      worker_host = case when w.worker is not null then x.worker_host end,
      worker_boot_id = case when w.worker is not null then x.worker_boot_id end,
      worker_pid = case when w.worker is not null then x.worker_pid end,
      worker_started_at = case when w.worker is not null then x.worker_started_at end,
      lease_expires_at = case when w.worker is not null then x.lease_expires_at end,
      updated_at = clock_timestamp()
    from w where x.tenant_id = p_tenant and x.id = any (p_runs) and x.id = w.run
    returning x
  )
  select array_agg(m.x) into moved from m;
  return moved;
end $$;

-- Decisions, each once.
create function gander.add_decisions(p_tenant text, p_runs text[], p_decisions json) returns void language sql
set enable_seqscan = off as $$
  insert into gander.policy_decision (tenant_id, decision_id, run_id, answer, action, args_hash, requested, matched_rules,
    explanation, policy_version)
  select p_tenant, t.decision_id, t.run, t.answer, t.action, t.args_hash, t.requested::json, t.matched_rules::json,
    t.explanation, t.policy_version
  from json_to_recordset(p_decisions) as t (run text, decision_id text, answer text, action text, args_hash text,
    requested text, matched_rules text, explanation text, policy_version text)
  where t.run = any (p_runs)
  on conflict (tenant_id, decision_id) do nothing
$$;

create function gander.add_records(p_tenant text, p_runs text[], p_records json) returns void language plpgsql
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  part json;
begin
  part := p_records -> 'tool_calls';
  if part is not null then
    insert into gander.tool_call (tenant_id, id, run_id, step_n, tool, tool_version, args_sha256, status, rule, duration_ms)
    select p_tenant, t.id, t.run, t.step_n, t.tool, t.tool_version, t.args_sha256, t.status, t.rule, t.duration_ms
    from json_to_recordset(part) as t (run text, id text, step_n integer, tool text, tool_version text, args_sha256 text,
      status text, rule text, duration_ms double precision) where t.run = any (p_runs);
  end if;
  part := p_records -> 'model_calls';
  if part is not null then
    insert into gander.model_call (tenant_id, run_id, step_n, call_key, provider, model, phase, outcome, input_tokens,
      output_tokens, cost_usd, duration_ms)
    select p_tenant, t.run, t.step_n, t.call_key, t.provider, t.model, t.phase, t.outcome, t.input_tokens,
      t.output_tokens, t.cost_usd, t.duration_ms
    from json_to_recordset(part) as t (run text, step_n integer, call_key text, provider text, model text, phase text,
      outcome text, input_tokens bigint, output_tokens bigint, cost_usd numeric, duration_ms double precision)
    where t.run = any (p_runs);
  end if;
  part := p_records -> 'artifacts';
  if part is not null then
    insert into gander.artifact (tenant_id, id, run_id, step_n, kind, name, sha256, bytes, data_class)
    select p_tenant, t.id, t.run, t.step_n, t.kind, t.name, t.sha256, t.bytes, t.data_class
    from json_to_recordset(part) as t (run text, id text, step_n integer, kind text, name text, sha256 text, bytes bigint,
      data_class text) where t.run = any (p_runs)
    on conflict (tenant_id, run_id, kind, name, sha256) do nothing;
  end if;
  part := p_records -> 'decisions';
  if part is not null then
    perform gander.add_decisions(p_tenant, p_runs, part);
  end if;
  part := p_records -> 'pull_requests';
  if part is not null then
    insert into gander.pull_request_link as l (tenant_id, run_id, url, number, branch, head_commit, idempotency_key)
    select p_tenant, t.run, t.url, t.number, t.branch, t.head_commit, t.idempotency_key
    from json_to_recordset(part) as t (run text, url text, number integer, branch text, head_commit text,
      idempotency_key text) where t.run = any (p_runs)
    on conflict (tenant_id, run_id) do update
      set url = excluded.url, number = excluded.number, branch = excluded.branch, head_commit = excluded.head_commit,
        idempotency_key = excluded.idempotency_key;
  end if;
end $$;

-- Everything that writes of runs consist of, for the holders of their leases or, where those are null, for anyone at
-- exactly that version. Told are the runs as they are now; one that is missing was not written.
create function gander.write_runs(p_tenant text, p_writes json, p_steps json, p_records json, p_nexts json, p_events json)
returns setof json language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  held gander.run[];
  moved gander.run[];
  ids text[];
  repeated text[];
  events json := p_events;
begin
  perform gander.enter(p_tenant);
  -- In one order, so that no two statements wait for each other.
  ids := array(select w.run from json_to_recordset(p_writes) as w (run text));
  held := array(select x from gander.run x
    join json_to_recordset(p_writes) as w (run text, worker text, fence bigint, version bigint) on x.id = w.run
    where x.tenant_id = p_tenant and x.id = any (ids) and (w.worker is null or x.worker = w.worker and x.fence = w.fence)
      and (w.version is null or x.version = w.version)
    order by x.id for no key update of x);
  ids := array(select h.id from unnest(held) h);
  if p_steps is not null then
    repeated := gander.finish_steps(p_tenant, ids, p_steps);
    if cardinality(repeated) > 0 then
      ids := array(select i from unnest(ids) i where i <> all (repeated));
    end if;
  end if;
  if p_records is not null then
    perform gander.add_records(p_tenant, ids, p_records);
  end if;
  if p_nexts is not null then
    moved := gander.move_runs(p_tenant, ids, p_nexts);
  end if;
  if cardinality(ids) < json_array_length(p_writes) then
    select json_agg(e) into events from json_array_elements(p_events) e where e ->> 'run' = any (ids);
  end if;
  if events is not null then
    perform gander.append_events(p_tenant, null, null, events);
  end if;
  return query select to_json(coalesce(m, h)) from unnest(held) h left join unnest(moved) m on m.id = h.id;
end $$;

-- Records intents with their decisions and reserves their cost, or finds what is recorded under the keys, where an
-- earlier decision stands. A run that is missing from the answer has lost its lease. The locks on the runs make their
-- steps' numbers gapless and keep the fences what they are until the commit.
create function gander.begin_steps(p_tenant text, p_intents json, p_decisions json)
returns table (run text, status text, n integer, key text, kind text, request_sha256 text, intent_at timestamptz,
  outcome json, outcome_at timestamptz, tree text, cost_usd numeric, decision json)
language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  at timestamptz := date_trunc('milliseconds', clock_timestamp());
  held text[];
  known gander.step[];
  added gander.step[];
  refused text[] := '{}';
begin
  perform gander.enter(p_tenant);
  held := array(select w.run from json_to_recordset(p_intents) as w (run text));
  held := array(select x.id from gander.run x
    join json_to_recordset(p_intents) as w (run text, worker text, fence bigint)
      on x.id = w.run and x.worker = w.worker and x.fence = w.fence
    where x.tenant_id = p_tenant and x.id = any (held) order by x.id for no key update of x);
  known := array(select s.step from json_to_recordset(p_intents) as w (run text, key text), lateral (
      select y as step from gander.step y where y.tenant_id = p_tenant and y.run_id = w.run and y.key = w.key limit 1) s
    where w.run = any (held));
  if cardinality(known) > 0 then
    update gander.step x set fence = w.fence, opened_at = at
    from json_to_recordset(p_intents) as w (run text, key text, fence bigint)
    where x.tenant_id = p_tenant and x.run_id = any (held) and x.run_id = w.run and x.key = w.key
      and x.outcome_at is null and x.fence <> w.fence;
  end if;
  if cardinality(known) < cardinality(held) then
    with asking as materialized (
      select w.run, w.reserve, w.counted from json_to_recordset(p_intents) as w (run text, reserve numeric, counted boolean)
      where w.run = any (held) and w.run not in (select k.run_id from unnest(known) k) and (w.counted or w.reserve > 0)
    ), covered as (
      update gander.budget b set reserved_usd = b.reserved_usd + a.reserve, steps = b.steps + a.counted::integer
      from asking a where b.tenant_id = p_tenant and b.run_id = any (held) and b.run_id = a.run
        and b.cost_usd + b.reserved_usd + a.reserve <= b.max_cost_usd
        and b.steps < b.max_steps and b.tokens < b.max_tokens and b.active_ms < b.max_minutes * 60000
      returning b.run_id
    )
    select coalesce(array_agg(a.run), '{}') into refused from asking a where a.run not in (select c.run_id from covered c);
    -- What the forge gateway counts comes last: the heads of gateways are locked in one order.
    with i as (
      insert into gander.step as x (tenant_id, run_id, n, key, kind, request_sha256, fence, reserve_usd, intent_at, opened_at)
      select p_tenant, w.run, coalesce((select max(y.n) from gander.step y
        where y.tenant_id = p_tenant and y.run_id = w.run), 0) + 1, w.key, w.kind, w.request_sha256, w.fence, w.reserve, at, at
      from json_to_recordset(p_intents) as w (run text, fence bigint, key text, kind text, request_sha256 text, reserve numeric)
      where w.run = any (held) and w.run not in (select k.run_id from unnest(known) k) and w.run <> all (refused)
      order by w.key = 'publication:publish', w.run
      returning x
    )
    select array_agg(i.x) into added from i;
  end if;
  if p_decisions is not null then
    perform gander.bind_decisions(p_tenant, known || added, p_decisions);
  end if;
  return query
    select s.run_id, 'recorded', s.n, s.key, s.kind, s.request_sha256, s.intent_at, s.outcome, s.outcome_at, s.tree,
      s.cost_usd, null::json
    from unnest(added) s
    union all
    -- Never taken out of a larger JSON: what was asked may hold a NUL, which PostgreSQL does not take apart.
    select s.run_id, 'recorded', s.n, s.key, s.kind, s.request_sha256, s.intent_at, s.outcome, s.outcome_at, s.tree,
      s.cost_usd, (select to_json(d) from gander.policy_decision d where s.outcome_at is null
        and d.tenant_id = p_tenant and d.run_id = s.run_id and d.step_n = s.n limit 1)
    from unnest(known) s
    union all
    select r, 'budget_exhausted', null, null, null, null, null, null, null, null, null, null from unnest(refused) r;
end $$;

-- The decisions that open steps go by, for those that have none yet. Such a decision must be that step's own: an id that
-- is taken is an error.
create function gander.bind_decisions(p_tenant text, p_steps gander.step[], p_decisions json) returns void
language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  wanted text[];
  added integer;
begin
  wanted := array(select s.run_id from unnest(p_steps) s
    join json_to_recordset(p_decisions) as t (run text) on t.run = s.run_id
    where s.outcome_at is null and not exists (select from gander.policy_decision d
      where d.tenant_id = p_tenant and d.run_id = s.run_id and d.step_n = s.n));
  insert into gander.policy_decision (tenant_id, decision_id, run_id, step_n, answer, action, args_hash, requested,
    matched_rules, explanation, policy_version)
  select p_tenant, t.decision_id, t.run, s.n, t.answer, t.action, t.args_hash, t.requested::json, t.matched_rules::json,
    t.explanation, t.policy_version
  from json_to_recordset(p_decisions) as t (run text, decision_id text, answer text, action text, args_hash text,
    requested text, matched_rules text, explanation text, policy_version text)
  join unnest(p_steps) s on s.run_id = t.run
  where t.run = any (wanted)
  on conflict (tenant_id, decision_id) do nothing;
  get diagnostics added = row_count;
  if added <> cardinality(wanted) then
    raise exception 'the decision of a step is another step''s' using errcode = 'unique_violation';
  end if;
end $$;

-- How many more runs of so many the tenant may have in hand; whoever asks holds the lock of its row, or asks again then.
create function gander.room_of(q gander.tenant_queue, p_most integer) returns integer language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
  if gander.lease_stop(q.tenant_id, '', '', null, '') is not null then
    return 0;
  elsif q.max_running is null then
    return p_most;
  end if;
  return greatest(0, least(p_most, q.max_running - (
    select count(*)::integer from gander.run r where r.tenant_id = q.tenant_id and r.worker is not null)));
end $$;

-- Leases the oldest runs of a tenant whose row is locked, or the one that is named, and sends the tenant to the end of the
-- line; or finds that it waits no more. What is stopped is passed over, so that it does not stand in the way of the rest.
-- `w` says who works, and until when. The lease is what `decide` and `evolve` make of the command, which a test compares.
create function gander.lease_of(q gander.tenant_queue, p_most integer, p_only text, w gander.run) returns gander.run[]
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  room integer := gander.room_of(q, p_most);
  chosen text[];
  leased gander.run[];
begin
  if room = 0 then
    return null;
  end if;
  perform set_config('gander.tenant', q.tenant_id, true);
  if p_only is not null then
    chosen := array(select x.id from gander.run x join gander.task k on k.tenant_id = x.tenant_id and k.id = x.task_id
      where x.tenant_id = q.tenant_id and x.id = p_only and x.state = 'queued' and x.attempts < x.max_attempts
        and gander.lease_stop(k.tenant_id, k.repository, k.capability, k.contract ->> 'campaign_id', x.mode) is null
      for no key update of x skip locked);
  elsif exists (select from gander.kill_switch k where k.tenant_id in (q.tenant_id, '*') and k.actions::text <> '[]') then
    chosen := array(select x.id from gander.run x join gander.task k on k.tenant_id = x.tenant_id and k.id = x.task_id
      where x.tenant_id = q.tenant_id and x.state = 'queued' and x.attempts < x.max_attempts
        and gander.lease_stop(k.tenant_id, k.repository, k.capability, k.contract ->> 'campaign_id', x.mode) is null
      order by x.created_at, x.id limit room for no key update of x skip locked);
  else
    chosen := array(select x.id from gander.run x
      where x.tenant_id = q.tenant_id and x.state = 'queued' and x.attempts < x.max_attempts
      order by x.created_at, x.id limit room for no key update skip locked);
  end if;
  if cardinality(chosen) > 0 then
    with m as (
      update gander.run x set state = 'leased', version = x.version + 1, fence = x.fence + 1, attempts = x.attempts + 1,
        worker = w.worker, worker_host = w.worker_host, worker_boot_id = w.worker_boot_id, worker_pid = w.worker_pid,
        worker_started_at = w.worker_started_at, lease_expires_at = w.lease_expires_at, updated_at = clock_timestamp()
      where x.tenant_id = q.tenant_id and x.id = any (chosen)
      returning x
    )
    select array_agg(m.x) into leased from m;
    update gander.tenant_queue t set turn = nextval('gander.turn') where t.tenant_id = q.tenant_id;
  elsif p_only is null then
    update gander.tenant_queue t set waiting = false
    where t.tenant_id = q.tenant_id and not exists (
      select from gander.run x where x.tenant_id = q.tenant_id and x.state = 'queued');
  end if;
  return leased;
end $$;

-- Leases as many runs as there are hands: of the tenants in the order of their turns, or of p_tenant, or the one that is
-- named. Where several tenants wait, each gives its share first, and what is left over goes to whoever has more. Tenants
-- that somebody else is choosing from are passed over, and waited for where nothing else was found; whoever waits holds
-- no tenant's row, so that no two wait for each other: `again` asks for another transaction in place of that. The chains
-- are written last and in order, because a chain is what everybody writes last.
create function gander.lease_runs(p_tenant text, p_only text, p_worker text, p_host text, p_boot_id text, p_pid integer,
  p_started_at text, p_lease_ms integer, p_audit_ids text[])
returns table (run json, contract json, again boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  q gander.tenant_queue;
  w gander.run;
  whose text := p_tenant;
  hands integer := cardinality(p_audit_ids);
  share integer;
  candidate text;
  busy text;
  holds boolean := false;
  leased gander.run[] := '{}';
begin
  if p_only is not null and whose is null then
    whose := gander.tenant_of_run(p_only);
    if whose is null then
      return;
    end if;
  end if;
  w.worker := p_worker;
  w.worker_host := p_host;
  w.worker_boot_id := p_boot_id;
  w.worker_pid := p_pid;
  w.worker_started_at := p_started_at;
  w.lease_expires_at := clock_timestamp() + p_lease_ms * interval '1 millisecond';
  share := hands;
  if hands > 1 and whose is null then
    select ceil(hands::numeric / greatest(1, count(*))) into share
    from (select from gander.tenant_queue t where t.waiting order by t.turn, t.tenant_id limit hands) as waiting;
  end if;
  loop
    for q in select * from gander.tenant_queue t where t.waiting and (whose is null or t.tenant_id = whose)
      order by t.turn, t.tenant_id
    loop
      candidate := q.tenant_id;
      continue when gander.room_of(q, 1) = 0;
      select * into q from gander.tenant_queue t where t.tenant_id = candidate and t.waiting for update skip locked;
      if not found then
        busy := coalesce(busy, candidate);
        continue;
      end if;
      holds := true;
      leased := leased || gander.lease_of(q, least(share, hands - cardinality(leased)), p_only, w);
      exit when cardinality(leased) = hands;
    end loop;
    exit when share = hands or cardinality(leased) = hands or cardinality(leased) = 0;
    share := hands;
  end loop;
  if cardinality(leased) = 0 and busy is not null then
    if not holds then
      select * into q from gander.tenant_queue t where t.tenant_id = busy and t.waiting for update;
      if found then
        leased := leased || gander.lease_of(q, hands, p_only, w);
      end if;
    end if;
    if cardinality(leased) = 0 then
      return query select null::json, null::json, true;
      return;
    end if;
  end if;
  for candidate in select distinct l.tenant_id from unnest(leased) l order by 1 loop
    perform set_config('gander.tenant', candidate, true);
    perform gander.append_events(candidate, null, null, (
      select json_agg(json_build_object('run', l.id, 'audit_id', p_audit_ids[l.ordinality], 'event', 'run_leased',
        'actor_type', 'service', 'actor', p_worker, 'resource_type', 'run', 'resource_id', l.id, 'facts',
        concat('{"attempt":', l.attempts, ',"fence":', l.fence, ',"worker":', to_json(p_worker), '}')))
      from unnest(leased) with ordinality l where l.tenant_id = candidate));
    return query select to_json(l), k.contract, false from unnest(leased) l
      cross join lateral (select x.contract from gander.task x
        where x.tenant_id = l.tenant_id and x.id = l.task_id limit 1) k
      where l.tenant_id = candidate;
  end loop;
end $$;

revoke execute on function gander.seal(text, text, text, bigint, text, text), gander.chain(text, text, bigint, text, text),
  gander.finish_steps(text, text[], json), gander.move_runs(text, text[], json), gander.add_decisions(text, text[], json),
  gander.add_records(text, text[], json), gander.write_runs(text, json, json, json, json, json),
  gander.begin_steps(text, json, json), gander.bind_decisions(text, gander.step[], json),
  gander.room_of(gander.tenant_queue, integer), gander.lease_of(gander.tenant_queue, integer, text, gander.run),
  gander.lease_runs(text, text, text, text, text, integer, text, integer, text[]) from public;
grant execute on function gander.finish_steps(text, text[], json), gander.move_runs(text, text[], json),
  gander.add_decisions(text, text[], json), gander.add_records(text, text[], json),
  gander.write_runs(text, json, json, json, json, json), gander.begin_steps(text, json, json),
  gander.bind_decisions(text, gander.step[], json),
  gander.lease_runs(text, text, text, text, text, integer, text, integer, text[]) to gander_app;
