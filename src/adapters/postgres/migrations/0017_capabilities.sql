-- What a tenant has on record about a capability. The contracts themselves are files; a run carries its own, pinned.
create table gander.capability (
  tenant_id  text not null,
  id         text not null,
  state      text not null check (state in ('active', 'disabled')),
  hash       text not null,
  owner      text not null,
  changed_by text not null,
  changed_at timestamptz not null default clock_timestamp(),
  reason     text not null,
  primary key (tenant_id, id)
);

select gander.protect('gander.capability');
grant select, insert, update on gander.capability to gander_app;
