-- Made from RUN_LIFECYCLE in src/domain/run; a test compares them.
alter table gander.run drop constraint if exists run_state_known;
alter table gander.run add constraint run_state_known check (state in ('queued', 'leased', 'preparing', 'reproducing', 'planning', 'editing', 'verifying', 'repairing', 'judging', 'pr_preparing', 'pr_created', 'awaiting_approval', 'paused', 'completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled'));
alter table gander.run drop constraint if exists run_lease_where_active;
alter table gander.run add constraint run_lease_where_active
  check ((worker is not null) = (state in ('leased', 'preparing', 'reproducing', 'planning', 'editing', 'verifying', 'repairing', 'judging', 'pr_preparing', 'pr_created')));
create or replace function gander.run_may_become(p_from text, p_to text) returns boolean immutable language sql as $$
  select case p_from
    when 'queued' then p_to in ('leased', 'cancelled')
    when 'leased' then p_to in ('preparing', 'reproducing', 'planning', 'editing', 'verifying', 'repairing', 'judging', 'pr_preparing', 'pr_created', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'preparing' then p_to in ('reproducing', 'planning', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'reproducing' then p_to in ('planning', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'planning' then p_to in ('editing', 'completed', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'editing' then p_to in ('verifying', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'verifying' then p_to in ('repairing', 'judging', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'repairing' then p_to in ('verifying', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'judging' then p_to in ('repairing', 'pr_preparing', 'completed', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'pr_preparing' then p_to in ('pr_created', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'pr_created' then p_to in ('completed', 'queued', 'paused', 'awaiting_approval', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    when 'awaiting_approval' then p_to in ('queued', 'cancelled', 'blocked_policy', 'needs_human')
    when 'paused' then p_to in ('queued', 'cancelled')
    else false end
$$;
