-- Versions, so that whoever changes what they read changes exactly that.
alter table gander.principal add column version bigint not null default 1 check (version > 0);
alter table gander.tenant add column version bigint not null default 1 check (version > 0);
grant update (version) on gander.principal to gander_app;
grant insert on gander.tenant to gander_app;
grant update (name, closed_at, version) on gander.tenant to gander_app;

-- A sign-in's nonce is taken once: an ID token that was answered opens nothing again.
create table gander.sign_in (
  tenant_id text not null references gander.tenant (tenant_id),
  issuer    text not null,
  nonce     text not null,
  used_at   timestamptz not null default clock_timestamp(),
  primary key (tenant_id, issuer, nonce)
);
grant select, insert on gander.sign_in to gander_app;
select gander.protect('gander.sign_in');

-- What a tenant agreed to for a repository. A repository without a row has no caps of its own.
create table gander.repository (
  tenant_id            text not null references gander.tenant (tenant_id),
  repository           text not null,
  owner_team           text,
  risk_tier            text check (risk_tier in ('low', 'medium', 'high', 'critical')),
  -- Lists of texts; null means every task class.
  allowed_task_classes json,
  forbidden_paths      json not null,
  verifier_profile     text,
  instructions_file    text,
  required_reviewers   json not null,
  autonomy_max         text,
  version              bigint not null default 1 check (version > 0),
  changed_by           text not null,
  changed_at           timestamptz not null default clock_timestamp(),
  primary key (tenant_id, repository)
);
grant select, insert, update on gander.repository to gander_app;
select gander.protect('gander.repository');

-- Who caused a commit or a pull request is asked by these.
create index pull_request_by_commit on gander.pull_request_link (tenant_id, head_commit);
create index pull_request_by_url on gander.pull_request_link (tenant_id, url);
create index audit_event_by_commit on gander.audit_event (tenant_id, (facts ->> 'commit')) where event = 'branch_pushed';

-- Whoever runs the installation sees which tenants there are, and nothing else of them.
create policy installation_tenants on gander.tenant
  using (current_setting('gander.installation', true) = 'on')
  with check (current_setting('gander.installation', true) = 'on');

do $$
declare
  name text;
begin
  foreach name in array array['tenant', 'principal', 'api_token'] loop
    if not (select relrowsecurity from pg_class where oid = format('gander.%I', name)::regclass) then
      perform gander.protect(format('gander.%I', name)::regclass);
    end if;
  end loop;
end $$;
