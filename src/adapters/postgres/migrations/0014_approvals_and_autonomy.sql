-- Approvals of several people, bound to a tree and a nonce, used once; and what autonomy is earned by. Every row here is
-- made by the ledger's own events, in the transaction of the run's write.

alter table gander.approval
  add column tree           text,
  add column nonce          text,
  -- Who must agree, as it was resolved when it was asked; null: one answer is enough.
  add column requirements   json,
  add column on_timeout     text check (on_timeout in ('stop', 'continue')),
  add column preview        json,
  add column escalated_from json,
  add column used_at        timestamptz,
  add column revoked_at     timestamptz,
  add column revoked_by     text,
  -- A yes may be used for as long again as it could be given.
  add column use_by         timestamptz;
alter table gander.approval drop constraint approval_decision_check;
alter table gander.approval add constraint approval_decision_check
  check (decision in ('approved', 'rejected', 'changes_requested'));
create index approval_waiting on gander.approval (tenant_id, expires_at) where decision is null;
create index approval_refused on gander.approval (tenant_id, decided_at) where decision = 'rejected';

create table gander.approval_vote (
  tenant_id    text not null,
  approval_id  text not null,
  -- Who it is, whatever account they used.
  person       text not null,
  given_by     text not null,
  serves       json not null,
  voted_at     timestamptz not null,
  withdrawn_at timestamptz,
  primary key (tenant_id, approval_id, person),
  foreign key (tenant_id, approval_id) references gander.approval (tenant_id, id)
);
select gander.protect('gander.approval_vote');
grant select on gander.approval_vote to gander_app;

-- What people answered, for the limits on how much one person is asked to decide.
create table gander.approval_answer (
  tenant_id   text not null,
  approval_id text not null,
  position    bigint generated always as identity,
  given_by    text not null,
  decision    text not null,
  answered_at timestamptz not null,
  primary key (tenant_id, approval_id, position)
);
create index approval_answer_by_time on gander.approval_answer (tenant_id, answered_at);
select gander.protect('gander.approval_answer');
grant select on gander.approval_answer to gander_app;

-- As in 0006, with what is new in a request, and a time until which a yes may be used.
create or replace function gander.record_approval() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  valid interval := make_interval(mins => coalesce((new.facts ->> 'valid_minutes')::integer, 1440));
begin
  if new.event = 'approval_requested' and new.facts ->> 'approval' is not null then
    insert into gander.approval (tenant_id, id, run_id, kind, action, subject, fingerprint, policy_version, reason,
      requested_at, expires_at, tree, nonce, requirements, on_timeout, preview, escalated_from)
    values (new.tenant_id, new.facts ->> 'approval', new.run_id, new.facts ->> 'kind', new.facts ->> 'action',
      new.facts -> 'subject', new.facts ->> 'fingerprint', new.facts ->> 'policy_version', new.facts ->> 'reason',
      new.created_at, new.created_at + valid, new.facts ->> 'tree', new.facts ->> 'nonce', new.facts -> 'requirements',
      new.facts ->> 'on_timeout', new.facts -> 'preview', new.facts -> 'escalated_from');
  elsif new.event = 'approval_decision' and new.facts ->> 'approval' is not null then
    update gander.approval a set decision = new.facts ->> 'decision', decided_by = new.facts ->> 'approver',
      decided_at = new.created_at, decision_reason = new.facts ->> 'reason',
      use_by = new.created_at + (a.expires_at - a.requested_at)
    where a.tenant_id = new.tenant_id and a.run_id = new.run_id and a.id = new.facts ->> 'approval'
      and a.decision is null and (new.facts ->> 'decision' = 'rejected' or a.expires_at > new.created_at);
    if not found then
      raise exception 'approval % cannot be decided any more', new.facts ->> 'approval' using errcode = 'GAW02';
    end if;
    insert into gander.approval_answer (tenant_id, approval_id, given_by, decision, answered_at)
    select new.tenant_id, new.facts ->> 'approval', new.facts ->> 'approver', new.facts ->> 'decision', new.created_at
    where not exists (select from gander.approval_vote v where v.tenant_id = new.tenant_id
      and v.approval_id = new.facts ->> 'approval' and v.given_by = new.facts ->> 'approver'
      and v.voted_at = new.created_at);
  end if;
  return null;
end $$;

-- A yes among several, a yes taken back, the one use of an approval, and what no answer in time led to.
create function gander.move_approval() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  a gander.approval;
begin
  select * into a from gander.approval x
  where x.tenant_id = new.tenant_id and x.run_id = new.run_id and x.id = new.facts ->> 'approval' for no key update;
  if not found then
    raise exception 'there is no approval %', new.facts ->> 'approval' using errcode = 'GAW02';
  end if;
  if new.event = 'approval_voted' and a.decision is null and a.expires_at > new.created_at then
    insert into gander.approval_vote as v (tenant_id, approval_id, person, given_by, serves, voted_at)
    values (a.tenant_id, a.id, new.facts ->> 'person', new.facts ->> 'approver', new.facts -> 'serves', new.created_at)
    on conflict (tenant_id, approval_id, person) do update
      set given_by = excluded.given_by, serves = excluded.serves, voted_at = excluded.voted_at, withdrawn_at = null;
    insert into gander.approval_answer (tenant_id, approval_id, given_by, decision, answered_at)
    values (a.tenant_id, a.id, new.facts ->> 'approver', 'approved', new.created_at);
  elsif new.event = 'approval_revoked' and a.decision is null then
    update gander.approval_vote v set withdrawn_at = new.created_at
    where v.tenant_id = a.tenant_id and v.approval_id = a.id and v.person = new.facts ->> 'person';
  elsif new.event = 'approval_revoked' and a.decision = 'approved' and a.used_at is null and a.revoked_at is null then
    update gander.approval x set revoked_at = new.created_at, revoked_by = new.facts ->> 'approver'
    where x.tenant_id = a.tenant_id and x.id = a.id;
  elsif new.event = 'approval_used' and a.decision in ('approved', 'changes_requested') and a.used_at is null
    and a.revoked_at is null and a.use_by > new.created_at and a.fingerprint = new.facts ->> 'fingerprint' then
    update gander.approval x set used_at = new.created_at where x.tenant_id = a.tenant_id and x.id = a.id;
  elsif new.event = 'approval_timed_out' and a.decision is null and a.expires_at <= new.created_at
    and a.on_timeout = new.facts ->> 'outcome' then
    update gander.approval x set decided_by = 'timeout', decided_at = new.created_at,
      decision = case x.on_timeout when 'continue' then 'approved' else 'rejected' end,
      decision_reason = 'nobody answered in time', use_by = new.created_at + (x.expires_at - x.requested_at)
    where x.tenant_id = a.tenant_id and x.id = a.id;
  else
    raise exception 'approval % is not open to that any more', a.id using errcode = 'GAW02';
  end if;
  return null;
end $$;

create trigger approval_moved after insert on gander.audit_event
  for each row when (new.event in ('approval_voted', 'approval_revoked', 'approval_used', 'approval_timed_out'))
  execute function gander.move_approval();
revoke execute on function gander.move_approval() from public;

-- Each answer of each gate, held later against how the run ended.
create table gander.gate_outcome (
  tenant_id   text not null,
  run_id      text not null,
  position    bigint generated always as identity,
  gate        text not null,
  answer      text not null,
  -- The state in which it was asked.
  asked_in    text,
  answered_at timestamptz not null,
  -- Null while the run goes on.
  final_state text,
  primary key (tenant_id, run_id, position),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id)
);
select gander.protect('gander.gate_outcome');
grant select on gander.gate_outcome to gander_app;

-- What each run showed, for the class of its task.
create table gander.run_measure (
  tenant_id   text not null,
  run_id      text not null,
  task_class  text not null,
  mode        text not null,
  retries     integer not null default 0,
  -- Decisions of people against a gate, or words of theirs that sent the agent back.
  overrides   integer not null default 0,
  incidents   integer not null default 0,
  started_at  timestamptz not null,
  final_state text,
  failure     text,
  ended_at    timestamptz,
  primary key (tenant_id, run_id),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id)
);
create index run_measure_by_class on gander.run_measure (tenant_id, task_class, ended_at);
select gander.protect('gander.run_measure');
grant select on gander.run_measure to gander_app;

create function gander.measure_runs() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  -- The events of one statement are one tenant's.
  whose text;
  runs text[];
begin
  select min(f.tenant_id), array_agg(distinct f.run_id) into whose, runs
  from fresh f where f.run_id is not null and f.event in ('gate_answered', 'gate_overruled', 'run_state_changed',
    'approval_decision', 'incident_opened', 'run_failed', 'run_completed');
  if runs is null then
    return null;
  end if;
  insert into gander.run_measure as m (tenant_id, run_id, task_class, mode, started_at, retries, overrides, incidents,
    failure, final_state, ended_at)
  select r.tenant_id, r.id, t.capability, r.mode, n.started_at, n.retries, n.overrides, n.incidents, n.failure,
    n.final_state, n.ended_at
  from (
    select f.tenant_id, f.run_id, min(f.created_at) as started_at,
      count(*) filter (where f.event = 'run_state_changed' and f.facts ->> 'to' = 'repairing') as retries,
      count(*) filter (where f.event = 'gate_overruled'
        or f.event = 'approval_decision' and f.facts ->> 'decision' = 'changes_requested') as overrides,
      count(*) filter (where f.event = 'incident_opened') as incidents,
      max(f.facts ->> 'class') filter (where f.event = 'run_failed') as failure,
      max(f.facts ->> 'terminal_state') filter (where f.event = 'run_completed') as final_state,
      max(f.created_at) filter (where f.event = 'run_completed') as ended_at
    from fresh f where f.run_id is not null and f.event in ('gate_answered', 'gate_overruled', 'run_state_changed',
      'approval_decision', 'incident_opened', 'run_failed', 'run_completed')
    group by f.tenant_id, f.run_id
  ) n join gander.run r on r.tenant_id = whose and r.id = any (runs) and r.id = n.run_id
    cross join lateral (select x.capability from gander.task x where x.tenant_id = whose and x.id = r.task_id limit 1) t
  order by r.id
  on conflict (tenant_id, run_id) do update set retries = m.retries + excluded.retries,
    overrides = m.overrides + excluded.overrides, incidents = m.incidents + excluded.incidents,
    failure = coalesce(excluded.failure, m.failure), final_state = coalesce(excluded.final_state, m.final_state),
    ended_at = coalesce(excluded.ended_at, m.ended_at);
  if exists (select from fresh f where f.run_id is not null and f.event = 'gate_answered') then
    insert into gander.gate_outcome (tenant_id, run_id, gate, answer, asked_in, answered_at)
    select f.tenant_id, f.run_id, f.facts ->> 'gate', f.facts ->> 'answer', f.state, f.created_at
    from fresh f where f.run_id is not null and f.event = 'gate_answered' order by f.seq;
  end if;
  update gander.gate_outcome g set final_state = f.facts ->> 'terminal_state'
  from fresh f where f.event = 'run_completed' and g.tenant_id = whose and g.run_id = any (runs)
    and g.run_id = f.run_id and g.final_state is null;
  return null;
end $$;

create trigger run_measured after insert on gander.audit_event referencing new table as fresh
  for each statement execute function gander.measure_runs();
revoke execute on function gander.measure_runs() from public;

-- How far the rollout of a task class has come. A class without a row is where the program starts it.
create table gander.rollout_phase (
  tenant_id  text not null,
  task_class text not null,
  phase      integer not null check (phase between 0 and 6),
  moved_by   text not null,
  moved_at   timestamptz not null default clock_timestamp(),
  reason     text not null,
  primary key (tenant_id, task_class)
);
select gander.protect('gander.rollout_phase');
grant select, insert, update on gander.rollout_phase to gander_app;

-- Tenants with a run that waits for people, for the sweep of what nobody answered in time.
create index run_awaiting on gander.run (tenant_id) where state = 'awaiting_approval';
create function gander.tenants_awaiting_people() returns setof text stable language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select distinct r.tenant_id from gander.run r where r.state = 'awaiting_approval'
$$;
revoke execute on function gander.tenants_awaiting_people() from public;
grant execute on function gander.tenants_awaiting_people() to gander_app;
