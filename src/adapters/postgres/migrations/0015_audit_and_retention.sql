-- What each gateway was asked to do, counted by the gateway and written before it acts: in the transaction that records
-- a step's intent (tool, forge) or claims a model call, never in the one that appends the event. Whoever verifies lays
-- the two beside each other.
create table gander.gateway_head (
  tenant_id text not null,
  gateway   text not null check (gateway in ('tool', 'model', 'forge')),
  seq       bigint not null check (seq > 0),
  hash      text not null,
  -- Events from before are of a time without a sequence.
  opened_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, gateway)
) with (fillfactor = 50);

create table gander.gateway_act (
  tenant_id     text not null,
  gateway       text not null,
  seq           bigint not null,
  run_id        text not null,
  act_key       text not null,
  request_hash  text not null,
  created_at    timestamptz not null,
  previous_hash text not null,
  hash          text not null,
  primary key (tenant_id, gateway, seq),
  unique (tenant_id, gateway, run_id, act_key),
  foreign key (tenant_id, gateway) references gander.gateway_head (tenant_id, gateway)
);
create index gateway_act_by_time on gander.gateway_act (tenant_id, created_at, gateway, seq);

select gander.protect('gander.gateway_head');
select gander.protect('gander.gateway_act');
grant select on gander.gateway_head, gander.gateway_act to gander_app;

-- Writes one act. The head's lock puts a tenant's acts of one gateway in order; it is held to the end of a transaction
-- that holds no lock of the ledger.
create function gander.record_act() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  named constant text := tg_argv[0];
  before text := current_setting('gander.tenant', true);
  acted json := row_to_json(new);
  act_key text := coalesce(acted ->> 'call_key', acted ->> 'key');
  head gander.gateway_head;
  sealed text;
begin
  perform set_config('gander.tenant', new.tenant_id, true);
  select * into head from gander.gateway_head h
  where h.tenant_id = new.tenant_id and h.gateway = named for no key update;
  if not found then
    insert into gander.gateway_head (tenant_id, gateway, seq, hash) values (new.tenant_id, named, 1, repeat('0', 64))
    on conflict do nothing;
    if found then
      head := row(new.tenant_id, named, 0, repeat('0', 64), null);
    else
      select * into head from gander.gateway_head h
      where h.tenant_id = new.tenant_id and h.gateway = named for no key update;
    end if;
  end if;
  sealed := encode(sha256(convert_to(concat_ws(E'\n', 'gander.gateway.v1', new.tenant_id, named, head.seq + 1, head.hash,
    new.run_id, act_key, new.request_sha256), 'UTF8')), 'hex');
  update gander.gateway_head h set seq = head.seq + 1, hash = sealed where h.tenant_id = new.tenant_id and h.gateway = named;
  insert into gander.gateway_act (tenant_id, gateway, seq, run_id, act_key, request_hash, created_at, previous_hash, hash)
  values (new.tenant_id, named, head.seq + 1, new.run_id, act_key, new.request_sha256,
    date_trunc('milliseconds', clock_timestamp()), head.hash, sealed);
  perform set_config('gander.tenant', coalesce(before, ''), true);
  return null;
end $$;
revoke execute on function gander.record_act() from public;

create trigger tool_act after insert on gander.step
  for each row when (new.kind = 'tool_call') execute function gander.record_act('tool');
create trigger forge_act after insert on gander.step
  for each row when (new.key = 'publication:publish') execute function gander.record_act('forge');
create trigger model_act after insert on gander.exchange
  for each row execute function gander.record_act('model');
create trigger guest_model_act after insert on gander.guest_exchange
  for each row execute function gander.record_act('model');

-- What of an artifact is left: expired by a rule, then its bytes proved gone.
alter table gander.artifact
  add column expired_at   timestamptz,
  add column expired_rule text,
  add column removed_at   timestamptz,
  add constraint artifact_expiry_whole check (num_nulls(expired_at, expired_rule) in (0, 2)
    and (removed_at is null or expired_at is not null));
create index artifact_held on gander.artifact (tenant_id, created_at, id) where expired_at is null;
create index artifact_leaving on gander.artifact (tenant_id, sha256) where expired_at is not null and removed_at is null;
grant update (expired_at, expired_rule, removed_at) on gander.artifact to gander_app;

-- A person's word that nothing of a run may go.
create table gander.legal_hold (
  tenant_id   text not null,
  run_id      text not null,
  reason      text not null,
  placed_by   text not null,
  placed_at   timestamptz not null default clock_timestamp(),
  released_at timestamptz,
  primary key (tenant_id, run_id),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id)
);
select gander.protect('gander.legal_hold');
grant select, insert, update on gander.legal_hold to gander_app;

-- What stands where a payload was: its hash stays, so that the record still says what it was.
create function gander.expired_payload() returns json immutable language sql as $$
  select '{"expired":true}'::json
$$;

-- As before, and one thing more: the outcome of an ended run may be emptied, by retention and to nothing else.
create or replace function gander.guard_step() returns trigger language plpgsql as $$
begin
  if old.outcome_at is not null then
    if new.outcome::text = gander.expired_payload()::text
      and (new.tenant_id, new.run_id, new.n, new.key, new.kind, new.request_sha256, new.fence, new.reserve_usd,
        new.intent_at, new.opened_at, new.outcome_sha256, new.outcome_at, new.tree, new.cost_usd, new.tokens)
        is not distinct from
        (old.tenant_id, old.run_id, old.n, old.key, old.kind, old.request_sha256, old.fence, old.reserve_usd,
        old.intent_at, old.opened_at, old.outcome_sha256, old.outcome_at, old.tree, old.cost_usd, old.tokens)
      and exists (select 1 from gander.run r where r.tenant_id = new.tenant_id and r.id = new.run_id
        and not exists (select 1 from gander.legal_hold h
          where h.tenant_id = r.tenant_id and h.run_id = r.id and h.released_at is null)
        and r.state in ('completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled')) then
      return new;
    end if;
    raise exception 'step % of run % has its outcome', old.n, old.run_id using errcode = 'check_violation';
  end if;
  if (new.tenant_id, new.run_id, new.n, new.key, new.kind, new.request_sha256, new.intent_at, new.reserve_usd)
    is distinct from
    (old.tenant_id, old.run_id, old.n, old.key, old.kind, old.request_sha256, old.intent_at, old.reserve_usd) then
    raise exception 'the intent of step % of run % is on record', old.n, old.run_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
grant execute on function gander.expired_payload() to gander_app;
