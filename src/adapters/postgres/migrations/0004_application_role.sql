-- What ordinary work may do. Nothing is ever deleted; the ledger is read, and written through its one function.
grant usage on schema gander to gander_app;
grant select on all tables in schema gander to gander_app;
grant insert on gander.request, gander.task, gander.run, gander.step, gander.tool_call, gander.model_call,
  gander.artifact, gander.policy_decision, gander.pull_request_link, gander.budget, gander.exchange to gander_app;
grant update on gander.run, gander.step, gander.pull_request_link, gander.budget, gander.exchange to gander_app;
revoke execute on all functions in schema gander from public;
grant execute on all functions in schema gander to gander_app;
