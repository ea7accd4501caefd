-- Reports of base commits that later runs of the same tenant may take over. The key is a hash over all that decides what
-- a verification sees; the report itself is an artifact, named by its content.
create table gander.baseline (
  tenant_id     text not null,
  key           text not null check (key ~ '^[0-9a-f]{64}$'),
  run_id        text not null,
  report_sha256 text not null check (report_sha256 ~ '^[0-9a-f]{64}$'),
  -- What the verification left behind besides: logs by their content.
  artifacts     json not null default '[]',
  kept_at       timestamptz not null default clock_timestamp(),
  expires_at    timestamptz not null,
  primary key (tenant_id, key)
);
grant select, insert, update on gander.baseline to gander_app;
select gander.protect('gander.baseline');

-- How often each test of a repository was run more than once on one tree, and how many of these outcomes disagreed.
create table gander.test_flake (
  tenant_id   text not null,
  repository  text not null,
  -- Hash of the test's id, which may be long.
  test_key    text not null check (test_key ~ '^[0-9a-f]{64}$'),
  test_id     text not null,
  outcomes    bigint not null check (outcomes >= 0),
  disagreeing bigint not null check (disagreeing between 0 and outcomes),
  seen_at     timestamptz not null default clock_timestamp(),
  primary key (tenant_id, repository, test_key)
);
grant select, insert, update on gander.test_flake to gander_app;
select gander.protect('gander.test_flake');
