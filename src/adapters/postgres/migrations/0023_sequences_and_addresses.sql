-- The gateway to foreign servers counts for itself, as the other gateways do: what it was asked is recorded as a call whose
-- key begins with `mcp:`. A sequence of its own tells a foreign call that vanished from one of the platform's own tools.
alter table gander.gateway_head drop constraint gateway_head_gateway_check;
alter table gander.gateway_head
  add constraint gateway_head_gateway_check check (gateway in ('tool', 'model', 'forge', 'mcp'));

drop trigger tool_act on gander.step;
create trigger tool_act after insert on gander.step
  for each row when (new.kind = 'tool_call' and left(new.key, 4) <> 'mcp:') execute function gander.record_act('tool');
create trigger mcp_act after insert on gander.step
  for each row when (new.kind = 'tool_call' and left(new.key, 4) = 'mcp:') execute function gander.record_act('mcp');

-- The address that the identity provider vouches for, as of the last sign-in: owners are often named by it. Two principals
-- with one address are one person.
alter table gander.principal add column email text;
grant update (email) on gander.principal to gander_app;
