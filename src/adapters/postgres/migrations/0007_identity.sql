-- Who may ask. A token's secret is never kept, only its hash; what a role opens is the program's table.
create table gander.tenant (
  tenant_id  text not null primary key,
  name       text not null,
  created_at timestamptz not null default clock_timestamp(),
  closed_at  timestamptz
);
insert into gander.tenant (tenant_id, name) values ('ten_local', 'local');

create table gander.principal (
  tenant_id    text not null references gander.tenant (tenant_id),
  id           text not null,
  kind         text not null check (kind in ('person', 'service', 'worker', 'run')),
  name         text not null,
  oidc_issuer  text,
  oidc_subject text,
  -- A list of {role, repository}.
  grants       json not null,
  created_at   timestamptz not null default clock_timestamp(),
  disabled_at  timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, name),
  unique (tenant_id, oidc_issuer, oidc_subject),
  check ((oidc_issuer is null) = (oidc_subject is null))
);
create index principal_by_subject on gander.principal (oidc_issuer, oidc_subject) where oidc_issuer is not null;

create table gander.api_token (
  tenant_id    text not null,
  id           text not null,
  principal_id text not null,
  label        text not null,
  secret_hash  text not null check (secret_hash ~ '^[0-9a-f]{64}$'),
  -- A list of permissions; null means everything that the principal's grants allow.
  scopes       json,
  created_at   timestamptz not null default clock_timestamp(),
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, principal_id) references gander.principal (tenant_id, id)
);
create index api_token_by_id on gander.api_token (id);

grant select on gander.tenant, gander.principal, gander.api_token to gander_app;
grant insert on gander.principal, gander.api_token to gander_app;
grant update (grants, disabled_at) on gander.principal to gander_app;
grant update (last_used_at, revoked_at) on gander.api_token to gander_app;

create index artifact_by_hash on gander.artifact (tenant_id, sha256);

-- A submission's own key: the same one again answers with the run that it made.
create table gander.submission_key (
  tenant_id      text not null,
  principal_id   text not null,
  key            text not null,
  request_sha256 text not null check (request_sha256 ~ '^[0-9a-f]{64}$'),
  run_id         text not null,
  created_at     timestamptz not null default clock_timestamp(),
  primary key (tenant_id, principal_id, key),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id)
);
grant select, insert on gander.submission_key to gander_app;
