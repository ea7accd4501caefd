-- Rows of one tenant only: whoever reads or writes says in its transaction whose they are (`set local gander.tenant`).
-- Nothing said, or said empty, means no rows at all. The owner is held to it as well, unless it is a superuser.
create function gander.tenant() returns text stable language sql as $$
  select nullif(current_setting('gander.tenant', true), '')
$$;

-- Protects a table that has a tenant_id; every migration that makes such a table calls it.
create function gander.protect(p_table regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('alter table %s force row level security', p_table);
  execute format('create policy own_tenant on %s using (tenant_id = gander.tenant()) with check (tenant_id = gander.tenant())',
    p_table);
end $$;
revoke execute on function gander.protect(regclass) from public;
