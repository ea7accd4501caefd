-- What runs asked people for, and what these said. Rows are made by the ledger's own events, in their transaction.
create table gander.approval (
  tenant_id       text not null,
  id              text not null,
  run_id          text not null,
  kind            text not null,
  action          text not null,
  subject         json not null,
  fingerprint     text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  policy_version  text not null,
  reason          text not null,
  requested_at    timestamptz not null,
  expires_at      timestamptz not null,
  decision        text check (decision in ('approved', 'rejected')),
  decided_by      text,
  decided_at      timestamptz,
  decision_reason text,
  primary key (tenant_id, id),
  foreign key (tenant_id, run_id) references gander.run (tenant_id, id),
  check ((decision is null) = (decided_at is null) and (decision is null) = (decided_by is null))
);
create index approval_of_run on gander.approval (tenant_id, run_id, requested_at);

-- An answer is taken once, and a yes only while the request has not expired.
create function gander.record_approval() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.event = 'approval_requested' and new.facts ->> 'approval' is not null then
    insert into gander.approval (tenant_id, id, run_id, kind, action, subject, fingerprint, policy_version, reason,
      requested_at, expires_at)
    values (new.tenant_id, new.facts ->> 'approval', new.run_id, new.facts ->> 'kind', new.facts ->> 'action',
      new.facts -> 'subject', new.facts ->> 'fingerprint', new.facts ->> 'policy_version', new.facts ->> 'reason',
      new.created_at, new.created_at + interval '24 hours');
  elsif new.event = 'approval_decision' and new.facts ->> 'approval' is not null then
    update gander.approval a set decision = new.facts ->> 'decision', decided_by = new.facts ->> 'approver',
      decided_at = new.created_at, decision_reason = new.facts ->> 'reason'
    where a.tenant_id = new.tenant_id and a.run_id = new.run_id and a.id = new.facts ->> 'approval'
      and a.decision is null and (new.facts ->> 'decision' = 'rejected' or a.expires_at > new.created_at);
    if not found then
      raise exception 'approval % cannot be decided any more', new.facts ->> 'approval' using errcode = 'GAW02';
    end if;
  end if;
  return null;
end $$;

create trigger approval_recorded after insert on gander.audit_event
  for each row when (new.event in ('approval_requested', 'approval_decision')) execute function gander.record_approval();

grant select on gander.approval to gander_app;
revoke execute on function gander.record_approval() from public;
