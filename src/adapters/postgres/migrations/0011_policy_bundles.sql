-- Policy bundles by the hash of their content, and which of them was active when. Neither is ever changed.
create table gander.policy_bundle (
  tenant_id  text not null,
  sha256     text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Canonical JSON: what was hashed and signed.
  bundle     text not null,
  signature  json,
  kept_by    text not null,
  kept_at    timestamptz not null default clock_timestamp(),
  primary key (tenant_id, sha256)
);

create table gander.policy_activation (
  tenant_id    text not null,
  position     bigint generated always as identity,
  sha256       text not null,
  -- The one that it was activated with; the bundle may have been kept before somebody signed it.
  signature    json,
  activated_by text not null,
  activated_at timestamptz not null default clock_timestamp(),
  reason       text not null,
  primary key (tenant_id, position),
  foreign key (tenant_id, sha256) references gander.policy_bundle (tenant_id, sha256)
);

create index policy_decision_by_time on gander.policy_decision (tenant_id, created_at);

grant select, insert on gander.policy_bundle, gander.policy_activation to gander_app;
select gander.protect('gander.policy_bundle');
select gander.protect('gander.policy_activation');
