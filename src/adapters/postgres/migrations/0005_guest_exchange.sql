-- What guests ask of models, paid from their run's budget. The gateway's own record, beside gander.exchange: these calls
-- are no steps of the run, so their reservation and settlement happen here.
alter table gander.budget add column reserved_tokens bigint not null default 0 check (reserved_tokens >= 0);

create table gander.guest_exchange (
  tenant_id         text not null,
  call_key          text not null,
  run_id            text not null,
  key_prefix        text not null,
  n                 integer not null check (n > 0),
  fence             bigint not null,
  api               text not null,
  model             text not null,
  request_sha256    text not null,
  policy_version    text not null,
  reserved_usd      numeric not null check (reserved_usd >= 0),
  reserved_tokens   bigint not null check (reserved_tokens >= 0),
  -- `sent` until it is settled.
  outcome           text not null check (outcome in ('sent', 'answered', 'failed', 'refused', 'unknown')),
  reason            text,
  reported_model    text,
  usage             json,
  cost_usd          numeric not null default 0 check (cost_usd >= 0),
  tokens            bigint not null default 0 check (tokens >= 0),
  duration_ms       bigint not null default 0,
  exchange_sha256   text,
  sent_at           timestamptz not null default clock_timestamp(),
  settled_at        timestamptz,
  primary key (tenant_id, call_key),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id),
  constraint guest_exchange_whole check ((outcome = 'sent') = (settled_at is null))
);

create index guest_exchange_of_start on gander.guest_exchange (tenant_id, run_id, key_prefix, n);
create index guest_exchange_open on gander.guest_exchange (sent_at) where outcome = 'sent';

-- Reserves the worst case of one call for a run that is held under the fence, and records the intent, in one statement.
-- p_max_* are the policy's own limits, or null. `pressure` is the used share of the tightest budget before this call.
create function gander.reserve_guest_call(p_tenant text, p_run text, p_fence bigint, p_prefix text, p_n integer,
  p_api text, p_model text, p_request_sha256 text, p_policy text, p_usd numeric, p_tokens bigint,
  p_max_usd numeric, p_max_tokens bigint)
returns table (status text, pressure float8, used numeric, of_limit numeric)
language plpgsql as $$
declare
  r gander.run;
  b gander.budget;
  fits boolean;
begin
  select * into r from gander.run x where x.tenant_id = p_tenant and x.id = p_run for share;
  if not found or r.fence <> p_fence or r.worker is null or r.lease_expires_at <= clock_timestamp() then
    return query select 'lease_lost', 0::float8, 0::numeric, 0::numeric;
    return;
  end if;
  if r.cancel_requested_by is not null then
    return query select 'cancelled', 0::float8, 0::numeric, 0::numeric;
    return;
  end if;
  select * into b from gander.budget x where x.tenant_id = p_tenant and x.run_id = p_run for update;
  b.max_cost_usd := least(b.max_cost_usd, p_max_usd);
  b.max_tokens := least(b.max_tokens, p_max_tokens);
  if b.run_id is null or b.cost_usd + b.reserved_usd + p_usd > b.max_cost_usd or b.active_ms >= b.max_minutes * 60000 then
    return query select 'cost_exhausted', 1::float8, b.cost_usd + b.reserved_usd, b.max_cost_usd;
    return;
  end if;
  if b.tokens + b.reserved_tokens + p_tokens > b.max_tokens then
    return query select 'tokens_exhausted', 1::float8, (b.tokens + b.reserved_tokens)::numeric, b.max_tokens::numeric;
    return;
  end if;
  insert into gander.guest_exchange (tenant_id, call_key, run_id, key_prefix, n, fence, api, model, request_sha256,
    policy_version, reserved_usd, reserved_tokens, outcome)
  values (p_tenant, p_prefix || '/' || p_n, p_run, p_prefix, p_n, p_fence, p_api, p_model, p_request_sha256, p_policy,
    p_usd, p_tokens, 'sent') on conflict do nothing;
  if not found then
    return query select 'used_key', 0::float8, 0::numeric, 0::numeric;
    return;
  end if;
  update gander.budget x set reserved_usd = x.reserved_usd + p_usd, reserved_tokens = x.reserved_tokens + p_tokens
  where x.tenant_id = p_tenant and x.run_id = p_run;
  return query select 'reserved', greatest(
    case when b.max_cost_usd > 0 then (b.cost_usd + b.reserved_usd) / b.max_cost_usd else 0 end,
    case when b.max_tokens > 0 then (b.tokens + b.reserved_tokens)::numeric / b.max_tokens else 0 end,
    case when b.max_minutes > 0 then b.active_ms / (b.max_minutes * 60000) else 0 end)::float8,
    b.cost_usd + b.reserved_usd, b.max_cost_usd;
end $$;

-- Settles a call once; a null cost or token count means the reservation. False: it was settled already.
create function gander.settle_guest_call(p_tenant text, p_key text, p_outcome text, p_reason text, p_reported text,
  p_usage json, p_usd numeric, p_tokens bigint, p_duration bigint, p_exchange_sha256 text)
returns boolean language plpgsql as $$
declare
  e gander.guest_exchange;
begin
  update gander.guest_exchange x set outcome = p_outcome, reason = p_reason, reported_model = p_reported,
    usage = p_usage, cost_usd = coalesce(p_usd, x.reserved_usd), tokens = coalesce(p_tokens, x.reserved_tokens),
    duration_ms = p_duration, exchange_sha256 = p_exchange_sha256, settled_at = clock_timestamp()
  where x.tenant_id = p_tenant and x.call_key = p_key and x.outcome = 'sent'
  returning x.* into e;
  if not found then
    return false;
  end if;
  update gander.budget b set reserved_usd = b.reserved_usd - e.reserved_usd, cost_usd = b.cost_usd + e.cost_usd,
    reserved_tokens = b.reserved_tokens - e.reserved_tokens, tokens = b.tokens + e.tokens
  where b.tenant_id = e.tenant_id and b.run_id = e.run_id;
  return true;
end $$;

grant select, insert, update on gander.guest_exchange to gander_app;
revoke execute on function gander.reserve_guest_call(text, text, bigint, text, integer, text, text, text, text, numeric, bigint,
    numeric, bigint),
  gander.settle_guest_call(text, text, text, text, text, json, numeric, bigint, bigint, text) from public;
grant execute on function gander.reserve_guest_call(text, text, bigint, text, integer, text, text, text, text, numeric, bigint,
    numeric, bigint),
  gander.settle_guest_call(text, text, text, text, text, json, numeric, bigint, bigint, text) to gander_app;
