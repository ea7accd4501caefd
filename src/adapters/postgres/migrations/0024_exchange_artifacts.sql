-- What was said to a model and by it is among what its run left behind, so that retention, holds and removal reach
-- it. Without a hash there is nothing to keep.
create function gander.keep_exchange(p_tenant text, p_run text, p_key text, p_sha256 text, p_bytes bigint) returns void
language plpgsql as $$
begin
  if p_sha256 is null then
    return;
  end if;
  perform gander.enter(p_tenant);
  insert into gander.artifact (tenant_id, id, run_id, kind, name, sha256, bytes, data_class)
  select p_tenant, 'art_' || substr(gander.event_id(), 5), r.id, 'model_exchange',
    'exchange-' || replace(substr(p_key, length(r.id) + 2), '/', '-') || '.json', p_sha256, p_bytes, 'confidential'
  from gander.run r where r.tenant_id = p_tenant and r.id = p_run
  on conflict (tenant_id, run_id, kind, name, sha256) do nothing;
end $$;

revoke execute on function gander.keep_exchange(text, text, text, text, bigint) from public;
grant execute on function gander.event_id() to gander_app;
grant execute on function gander.keep_exchange(text, text, text, text, bigint) to gander_app;
