-- Every table carries its tenant, and so does every unique and foreign key: no key tells whether another tenant has it.
-- Documents are `json`, not `jsonb`: what was recorded comes back with its key order, and \u0000 can be stored.

create table gander.request (
  tenant_id  text not null,
  id         text not null,
  source     text not null,
  source_url text,
  requester  text not null,
  repository text not null,
  title      text not null,
  said       json not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id)
);

create table gander.task (
  tenant_id  text not null,
  id         text not null,
  request_id text not null,
  repository text not null,
  title      text not null,
  capability text not null,
  mode       text not null,
  contract   json not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  foreign key (tenant_id, request_id) references gander.request (tenant_id, id)
);

-- One row is the folded form of a run. The columns from worker to lease_expires_at are its lease: all set or none.
create table gander.run (
  tenant_id           text not null,
  id                  text not null,
  task_id             text not null,
  mode                text not null,
  is_fix              boolean not null,
  state               text not null,
  version             bigint not null check (version > 0),
  fence               bigint not null check (fence >= 0),
  attempts            integer not null check (attempts >= 0),
  max_attempts        integer not null check (max_attempts > 0),
  cancel_requested_by text,
  facts               json not null,
  -- What belongs to the state alone: where to go on, why it waits, how it ended.
  detail              json not null,
  worker              text,
  worker_host         text,
  worker_boot_id      text,
  worker_pid          integer,
  worker_started_at   text,
  lease_expires_at    timestamptz,
  created_at          timestamptz not null default clock_timestamp(),
  updated_at          timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  foreign key (tenant_id, task_id) references gander.task (tenant_id, id),
  constraint run_lease_whole check (num_nulls(worker, worker_host, worker_boot_id, worker_pid, worker_started_at,
    lease_expires_at) in (0, 6))
) with (fillfactor = 70);

create index run_by_id on gander.run (id);
create index run_ready on gander.run (created_at, id) where state = 'queued';
create index run_leases on gander.run (lease_expires_at) where worker is not null;
create index run_newest on gander.run (tenant_id, created_at desc, id desc);

create table gander.step (
  tenant_id      text not null,
  run_id         text not null,
  n              integer not null check (n > 0),
  key            text not null,
  kind           text not null,
  request_sha256 text not null,
  fence          bigint not null,
  reserve_usd    numeric not null default 0 check (reserve_usd >= 0),
  intent_at      timestamptz not null,
  -- When the worker that finished it began: the time between a crash and the resume is nobody's work.
  opened_at      timestamptz not null,
  outcome        json,
  outcome_sha256 text,
  outcome_at     timestamptz,
  tree           text,
  cost_usd       numeric not null default 0 check (cost_usd >= 0),
  tokens         bigint not null default 0 check (tokens >= 0),
  primary key (tenant_id, run_id, n),
  unique (tenant_id, run_id, key),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id),
  constraint step_outcome_whole check (num_nulls(outcome, outcome_sha256, outcome_at) in (0, 3))
);

create table gander.tool_call (
  tenant_id    text not null,
  id           text not null,
  run_id       text not null,
  step_n       integer not null,
  tool         text not null,
  tool_version text not null,
  args_sha256  text not null,
  status       text not null check (status in ('ok', 'refused', 'error')),
  rule         text,
  duration_ms  double precision not null,
  created_at   timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, run_id, step_n),
  foreign key (tenant_id, run_id, step_n) references gander.step (tenant_id, run_id, n)
);

create table gander.model_call (
  tenant_id     text not null,
  run_id        text not null,
  step_n        integer not null,
  call_key      text not null,
  provider      text not null,
  model         text not null,
  phase         text not null,
  outcome       text not null,
  input_tokens  bigint,
  output_tokens bigint,
  cost_usd      numeric not null,
  duration_ms   double precision not null,
  created_at    timestamptz not null default clock_timestamp(),
  primary key (tenant_id, run_id, step_n),
  foreign key (tenant_id, run_id, step_n) references gander.step (tenant_id, run_id, n)
);

create table gander.artifact (
  tenant_id  text not null,
  id         text not null,
  run_id     text not null,
  step_n     integer,
  position   bigint generated always as identity,
  kind       text not null,
  name       text not null,
  sha256     text not null,
  bytes      bigint not null check (bytes >= 0),
  data_class text not null check (data_class in ('public', 'internal', 'confidential', 'restricted')),
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, run_id, kind, name, sha256),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id)
);

create table gander.policy_decision (
  tenant_id      text not null,
  decision_id    text not null,
  run_id         text not null,
  -- The step it was recorded with, before the act; null where a step asked for it as its own work.
  step_n         integer,
  position       bigint generated always as identity,
  answer         text not null check (answer in ('allow', 'ask', 'deny')),
  action         text not null,
  args_hash      text not null,
  requested      json not null,
  matched_rules  json not null,
  explanation    text not null,
  policy_version text not null,
  created_at     timestamptz not null default clock_timestamp(),
  primary key (tenant_id, decision_id),
  unique (tenant_id, run_id, step_n),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id),
  foreign key (tenant_id, run_id, step_n) references gander.step (tenant_id, run_id, n)
);

create index policy_decision_by_run on gander.policy_decision (tenant_id, run_id, position);

create table gander.pull_request_link (
  tenant_id       text not null,
  run_id          text not null,
  url             text not null,
  number          integer not null,
  branch          text not null,
  head_commit     text not null,
  idempotency_key text not null,
  created_at      timestamptz not null default clock_timestamp(),
  primary key (tenant_id, run_id),
  unique (tenant_id, idempotency_key),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id)
);

create table gander.budget (
  tenant_id    text not null,
  run_id       text not null,
  max_cost_usd numeric not null check (max_cost_usd >= 0),
  max_minutes  numeric not null check (max_minutes >= 0),
  max_steps    bigint not null check (max_steps >= 0),
  max_tokens   bigint not null check (max_tokens >= 0),
  max_repairs  bigint not null check (max_repairs >= 0),
  cost_usd     numeric not null default 0 check (cost_usd >= 0),
  reserved_usd numeric not null default 0 check (reserved_usd >= 0),
  active_ms    bigint not null default 0 check (active_ms >= 0),
  steps        bigint not null default 0 check (steps >= 0),
  tokens       bigint not null default 0 check (tokens >= 0),
  primary key (tenant_id, run_id),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id)
) with (fillfactor = 70);

-- The gateway's own record; it answers for calls whether or not their run is known, so it refers to none.
create table gander.exchange (
  tenant_id      text not null,
  call_key       text not null,
  run_id         text not null,
  request_sha256 text not null,
  status         text not null check (status in ('sent', 'answered', 'unknown')),
  answer         json,
  sent_at        timestamptz not null default clock_timestamp(),
  answered_at    timestamptz,
  primary key (tenant_id, call_key),
  constraint exchange_answer_whole check ((status = 'answered') = (answer is not null))
);

create index exchange_by_key on gander.exchange (call_key);
create index exchange_sent on gander.exchange (sent_at) where status = 'sent';

create table gander.ledger_head (
  tenant_id text not null primary key,
  seq       bigint not null,
  hash      text not null
) with (fillfactor = 50);

-- The ledger. It refers to no run, because it outlives them; gander.append_events is its only door.
create table gander.audit_event (
  tenant_id      text not null,
  seq            bigint not null,
  audit_id       text not null,
  run_id         text,
  run_seq        bigint,
  event          text not null,
  actor_type     text not null check (actor_type in ('service', 'person', 'agent')),
  actor          text not null,
  resource_type  text not null,
  resource_id    text not null,
  decision       text check (decision in ('allowed', 'denied', 'asked')),
  decision_id    text,
  approval_id    text,
  policy_version text,
  request_hash   text,
  result_hash    text,
  state          text,
  facts          json not null,
  created_at     timestamptz not null,
  previous_hash  text not null,
  hash           text not null,
  primary key (tenant_id, seq),
  unique (tenant_id, audit_id),
  unique (tenant_id, run_id, run_seq),
  check ((run_id is null) = (run_seq is null))
);
