-- A run enters the queue and afterwards takes allowed arrows only; a run whose attempts are used up may fail there.
create function gander.guard_run() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'queued' then
      raise exception 'a run enters as queued, not as %', new.state using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if new.fence < old.fence or new.version <= old.version and new.state <> old.state then
    raise exception 'fence and version of a run only grow' using errcode = 'check_violation';
  end if;
  if new.state <> old.state and not gander.run_may_become(old.state, new.state)
    and not (old.state = 'queued' and new.state = 'failed' and old.attempts >= old.max_attempts) then
    raise exception 'a run that is % cannot become %', old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end $$;

create trigger run_guarded before insert or update on gander.run for each row execute function gander.guard_run();

-- An outcome is written once; what was intended is never rewritten.
create function gander.guard_step() returns trigger language plpgsql as $$
begin
  if old.outcome_at is not null then
    raise exception 'step % of run % has its outcome', old.n, old.run_id using errcode = 'check_violation';
  end if;
  if (new.tenant_id, new.run_id, new.n, new.key, new.kind, new.request_sha256, new.intent_at, new.reserve_usd)
    is distinct from
    (old.tenant_id, old.run_id, old.n, old.key, old.kind, old.request_sha256, old.intent_at, old.reserve_usd) then
    raise exception 'the intent of step % of run % is on record', old.n, old.run_id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create trigger step_guarded before update on gander.step for each row execute function gander.guard_step();

-- Appends to a tenant's chain. The lock on the head puts writers in order; the hash is over exactly what is stored, in
-- the canonical form that domain/ledger checks. `facts` arrives as canonical JSON text; p_state is the run's state after
-- the write that the events belong to.
create function gander.append_events(p_tenant text, p_run text, p_state text, p_events json) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  head gander.ledger_head;
  at timestamptz;
  stamp text;
  in_run bigint;
  e record;
  body text;
  sealed text;
begin
  select * into head from gander.ledger_head h where h.tenant_id = p_tenant for no key update;
  if not found then
    insert into gander.ledger_head values (p_tenant, 0, repeat('0', 64)) on conflict do nothing;
    select * into head from gander.ledger_head h where h.tenant_id = p_tenant for no key update;
  end if;
  at := date_trunc('milliseconds', clock_timestamp());
  stamp := to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  if p_run is not null then
    select coalesce(max(a.run_seq), 0) into in_run
    from gander.audit_event a where a.tenant_id = p_tenant and a.run_id = p_run;
  end if;
  for e in
    select * from json_to_recordset(p_events) as (
      audit_id text, event text, actor_type text, actor text, resource_type text, resource_id text, decision text,
      decision_id text, approval_id text, policy_version text, request_hash text, result_hash text, facts text)
  loop
    head.seq := head.seq + 1;
    in_run := in_run + 1;
    body := concat(
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
      ',"previous_hash":"', head.hash,
      '","request_hash":', coalesce(to_json(e.request_hash)::text, 'null'),
      ',"resource_id":', to_json(e.resource_id),
      ',"resource_type":', to_json(e.resource_type),
      ',"result_hash":', coalesce(to_json(e.result_hash)::text, 'null'),
      ',"run_id":', coalesce(to_json(p_run)::text, 'null'),
      ',"run_seq":', coalesce(in_run::text, 'null'),
      ',"seq":', head.seq,
      ',"state":', coalesce(to_json(p_state)::text, 'null'),
      ',"tenant_id":', to_json(p_tenant), '}');
    sealed := encode(sha256(convert_to(
      concat_ws(E'\n', 'gander.ledger.v1', p_tenant, head.seq, head.hash, body), 'UTF8')), 'hex');
    insert into gander.audit_event (tenant_id, seq, audit_id, run_id, run_seq, event, actor_type, actor, resource_type,
      resource_id, decision, decision_id, approval_id, policy_version, request_hash, result_hash, state, facts,
      created_at, previous_hash, hash)
    values (p_tenant, head.seq, e.audit_id, p_run, in_run, e.event, e.actor_type, e.actor, e.resource_type,
      e.resource_id, e.decision, e.decision_id, e.approval_id, e.policy_version, e.request_hash, e.result_hash, p_state,
      e.facts::json, at, head.hash, sealed);
    head.hash := sealed;
  end loop;
  update gander.ledger_head h set seq = head.seq, hash = head.hash where h.tenant_id = p_tenant;
end $$;

-- Records an intent with its decision and reserves its cost, or finds what is recorded under the key, where an earlier
-- decision stands. No row: the lease is lost.
-- The lock on the run makes its steps' numbers gapless and keeps the fence what it is until the commit.
create function gander.begin_step(p_run text, p_worker text, p_fence bigint, p_key text, p_kind text,
  p_request_sha256 text, p_reserve numeric, p_counted boolean, p_decision json)
returns table (status text, n integer, key text, kind text, request_sha256 text, intent_at timestamptz, outcome json,
  outcome_at timestamptz, tree text, cost_usd numeric, decision json)
language plpgsql as $$
declare
  r gander.run;
  s gander.step;
  earlier json;
  at timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  select * into r from gander.run x where x.id = p_run and x.worker = p_worker and x.fence = p_fence for no key update;
  if not found then
    return;
  end if;
  select * into s from gander.step x where x.tenant_id = r.tenant_id and x.run_id = r.id and x.key = p_key;
  if found then
    if s.outcome_at is null and s.fence <> p_fence then
      update gander.step x set fence = p_fence, opened_at = at
      where x.tenant_id = r.tenant_id and x.run_id = r.id and x.n = s.n;
    end if;
    if s.outcome_at is null then
      select to_json(d) into earlier from gander.policy_decision d
      where d.tenant_id = r.tenant_id and d.run_id = r.id and d.step_n = s.n;
    end if;
  else
    if p_counted or p_reserve > 0 then
      update gander.budget b set reserved_usd = b.reserved_usd + p_reserve, steps = b.steps + p_counted::integer
      where b.tenant_id = r.tenant_id and b.run_id = r.id
        and b.cost_usd + b.reserved_usd + p_reserve <= b.max_cost_usd
        and b.steps < b.max_steps and b.tokens < b.max_tokens and b.active_ms < b.max_minutes * 60000;
      if not found then
        return query select 'budget_exhausted', null::integer, null, null, null, null::timestamptz, null::json,
          null::timestamptz, null, null::numeric, null::json;
        return;
      end if;
    end if;
    insert into gander.step as x (tenant_id, run_id, n, key, kind, request_sha256, fence, reserve_usd, intent_at, opened_at)
    select r.tenant_id, r.id, coalesce(max(y.n), 0) + 1, p_key, p_kind, p_request_sha256, p_fence, p_reserve, at, at
    from gander.step y where y.tenant_id = r.tenant_id and y.run_id = r.id
    returning x.* into s;
  end if;
  if p_decision is not null and earlier is null and s.outcome_at is null then
    perform gander.add_decisions(r, s.n, json_build_array(p_decision));
  end if;
  return query select 'recorded', s.n, s.key, s.kind, s.request_sha256, s.intent_at, s.outcome, s.outcome_at, s.tree,
    s.cost_usd, earlier;
end $$;

-- Everything a write of a run consists of, in one transaction, for the holder of the lease (p_worker, p_fence) or, where
-- they are null, for anyone at exactly p_version. No row: not the lease's holder, or not that version any more.
create function gander.write_run(p_run text, p_worker text, p_fence bigint, p_version bigint, p_next json,
  p_events json, p_records json, p_step json, p_outcome text)
returns setof gander.run language plpgsql as $$
declare
  r gander.run;
begin
  select * into r from gander.run x
  where x.id = p_run and (p_worker is null or x.worker = p_worker and x.fence = p_fence)
    and (p_version is null or x.version = p_version)
  for no key update;
  if not found then
    return;
  end if;
  if p_step is not null and not gander.finish_step(r, p_step, p_outcome) then
    return next r;
    return;
  end if;
  if p_records is not null then
    perform gander.add_records(r, p_records);
  end if;
  if p_next is not null then
    r := gander.move_run(r, p_next);
  end if;
  if p_events is not null then
    perform gander.append_events(r.tenant_id, r.id, r.state, p_events);
  end if;
  return next r;
end $$;

-- Writes an outcome once and settles its reservation. False: the same outcome is on record, so a repeated write whose
-- first answer was lost changes nothing.
create function gander.finish_step(r gander.run, p_step json, p_outcome text) returns boolean language plpgsql as $$
declare
  w record;
  s gander.step;
  at timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  select * into w from json_to_record(p_step) as (n integer, sha256 text, tree text, cost_usd numeric, tokens bigint);
  update gander.step x set outcome = p_outcome::json, outcome_sha256 = w.sha256, outcome_at = at, tree = w.tree,
    cost_usd = w.cost_usd, tokens = w.tokens
  where x.tenant_id = r.tenant_id and x.run_id = r.id and x.n = w.n and x.outcome_at is null
  returning x.* into s;
  if not found then
    select * into s from gander.step x where x.tenant_id = r.tenant_id and x.run_id = r.id and x.n = w.n;
    if not found then
      raise exception 'run % has no step %', r.id, w.n using errcode = 'no_data_found';
    end if;
    if s.outcome_sha256 = w.sha256 then
      return false;
    end if;
    raise exception 'step % of run % has its outcome', w.n, r.id using errcode = 'GAW01';
  end if;
  update gander.budget b set reserved_usd = b.reserved_usd - s.reserve_usd, cost_usd = b.cost_usd + w.cost_usd,
    tokens = b.tokens + w.tokens, active_ms = b.active_ms + greatest(0, extract(epoch from at - s.opened_at) * 1000)
  where b.tenant_id = r.tenant_id and b.run_id = r.id;
  return true;
end $$;

-- Takes the run to its next form. A lease is named when it is won, kept while the run is active, and gone otherwise.
create function gander.move_run(r gander.run, p_next json) returns gander.run language plpgsql as $$
declare
  w record;
  moved gander.run;
begin
  select * into w from json_to_record(p_next) as (state text, version bigint, fence bigint, attempts integer,
    cancel_requested_by text, facts text, detail text, worker text, host text, boot_id text, pid integer,
    started_at text, lease_ms integer);
  update gander.run x set
    state = w.state, version = w.version, fence = w.fence, attempts = w.attempts,
    cancel_requested_by = w.cancel_requested_by, facts = w.facts::json, detail = w.detail::json,
    worker = w.worker,
    worker_host = case when w.worker is not null then coalesce(w.host, x.worker_host) end,
    worker_boot_id = case when w.worker is not null then coalesce(w.boot_id, x.worker_boot_id) end,
    worker_pid = case when w.worker is not null then coalesce(w.pid, x.worker_pid) end,
    worker_started_at = case when w.worker is not null then coalesce(w.started_at, x.worker_started_at) end,
    lease_expires_at = case
      when w.worker is null then null
      when w.lease_ms is null then x.lease_expires_at
      else clock_timestamp() + w.lease_ms * interval '1 millisecond' end,
    updated_at = clock_timestamp()
  where x.tenant_id = r.tenant_id and x.id = r.id and x.version = r.version and x.fence = r.fence
  returning x.* into moved;
  return moved;
end $$;

-- Decisions, each once. One that a step goes by must be that step's own: an id that is taken is an error there.
create function gander.add_decisions(r gander.run, p_step_n integer, p_decisions json) returns void language plpgsql as $$
declare
  added integer;
begin
  insert into gander.policy_decision (tenant_id, decision_id, run_id, step_n, answer, action, args_hash, requested,
    matched_rules, explanation, policy_version)
  select r.tenant_id, t.decision_id, r.id, p_step_n, t.answer, t.action, t.args_hash, t.requested::json,
    t.matched_rules::json, t.explanation, t.policy_version
  from json_to_recordset(p_decisions) as t (decision_id text, answer text, action text, args_hash text, requested text,
    matched_rules text, explanation text, policy_version text)
  on conflict (tenant_id, decision_id) do nothing;
  get diagnostics added = row_count;
  if p_step_n is not null and added <> json_array_length(p_decisions) then
    raise exception 'the decision of step % of run % is another step''s', p_step_n, r.id using errcode = 'unique_violation';
  end if;
end $$;

create function gander.add_records(r gander.run, p_records json) returns void language plpgsql as $$
declare
  part json;
begin
  part := p_records -> 'tool_calls';
  if part is not null then
    insert into gander.tool_call (tenant_id, id, run_id, step_n, tool, tool_version, args_sha256, status, rule, duration_ms)
    select r.tenant_id, t.id, r.id, t.step_n, t.tool, t.tool_version, t.args_sha256, t.status, t.rule, t.duration_ms
    from json_to_recordset(part) as t (id text, step_n integer, tool text, tool_version text, args_sha256 text,
      status text, rule text, duration_ms double precision);
  end if;
  part := p_records -> 'model_calls';
  if part is not null then
    insert into gander.model_call (tenant_id, run_id, step_n, call_key, provider, model, phase, outcome, input_tokens,
      output_tokens, cost_usd, duration_ms)
    select r.tenant_id, r.id, t.step_n, t.call_key, t.provider, t.model, t.phase, t.outcome, t.input_tokens,
      t.output_tokens, t.cost_usd, t.duration_ms
    from json_to_recordset(part) as t (step_n integer, call_key text, provider text, model text, phase text,
      outcome text, input_tokens bigint, output_tokens bigint, cost_usd numeric, duration_ms double precision);
  end if;
  part := p_records -> 'artifacts';
  if part is not null then
    insert into gander.artifact (tenant_id, id, run_id, step_n, kind, name, sha256, bytes, data_class)
    select r.tenant_id, t.id, r.id, t.step_n, t.kind, t.name, t.sha256, t.bytes, t.data_class
    from json_to_recordset(part) as t (id text, step_n integer, kind text, name text, sha256 text, bytes bigint,
      data_class text)
    on conflict (tenant_id, run_id, kind, name, sha256) do nothing;
  end if;
  part := p_records -> 'decisions';
  if part is not null then
    perform gander.add_decisions(r, null, part);
  end if;
  part := p_records -> 'pull_requests';
  if part is not null then
    insert into gander.pull_request_link as l (tenant_id, run_id, url, number, branch, head_commit, idempotency_key)
    select r.tenant_id, r.id, t.url, t.number, t.branch, t.head_commit, t.idempotency_key
    from json_to_recordset(part) as t (url text, number integer, branch text, head_commit text, idempotency_key text)
    on conflict (tenant_id, run_id) do update
      set url = excluded.url, number = excluded.number, branch = excluded.branch, head_commit = excluded.head_commit,
        idempotency_key = excluded.idempotency_key;
  end if;
end $$;
