-- What runs left behind when they ended: steps without an outcome, and publications that were planned and are not on
-- record. Both are few, and found without looking at what is in order.
create index step_open on gander.step (tenant_id, run_id) where outcome_at is null;
create index run_ended_early on gander.run (tenant_id, updated_at)
  where state in ('blocked_policy', 'needs_human', 'failed', 'cancelled');

-- Whose runs a reconciliation has to look at; it tells of tenants only.
create function gander.tenants_to_reconcile() returns setof text stable language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select r.tenant_id from gander.step s join gander.run r on r.tenant_id = s.tenant_id and r.id = s.run_id
  where s.outcome_at is null
    and r.state in ('completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
  union
  select r.tenant_id from gander.run r
  where r.state in ('blocked_policy', 'needs_human', 'failed', 'cancelled')
    and r.updated_at > clock_timestamp() - interval '7 days'
$$;
revoke execute on function gander.tenants_to_reconcile() from public;
grant execute on function gander.tenants_to_reconcile() to gander_app;
