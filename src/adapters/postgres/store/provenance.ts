import type { ChangeOrigin, Provenance } from '#ports'
import type { Database } from '../database/open-database.ts'
import { inTenant, plainOrNull, query } from './store-context.ts'

const SUBJECT = `select r.tenant_id, r.id from gander.run r where r.tenant_id = $1 and r.id = $2
  union select p.tenant_id, p.run_id from gander.pull_request_link p
    where p.tenant_id = $1 and (p.head_commit = $3 or p.url = $4 or p.branch = $5)
  union select e.tenant_id, e.run_id from gander.audit_event e
    where e.tenant_id = $1 and e.event = 'branch_pushed' and e.run_id is not null and e.facts ->> 'commit' = $3`
const PERSON = (name: string): string =>
  `(select n.id from gander.principal n where n.tenant_id = r.tenant_id and n.name = ${name})`
const FACTS = (event: string, columns: string): string => `coalesce((select json_agg(json_build_object(${columns})
    order by e.run_seq) from gander.audit_event e
    where e.tenant_id = r.tenant_id and e.run_id = r.id and e.event = '${event}'), '[]')`

/** The six layers of one run, in one statement. */
const ORIGIN = {
  name: 'who_caused',
  text: `with subject as (${SUBJECT})
  select r.id as run_id, r.task_id, r.state,
    json_build_object('name', q.requester, 'principal_id', ${PERSON('q.requester')}, 'request_id', q.id,
      'source', q.source, 'source_url', q.source_url, 'title', q.title, 'requested_at', q.created_at) as requester,
    json_build_object('capability', t.capability, 'mode', r.mode, 'definition', t.contract -> 'agent',
      'policy_versions', coalesce((select json_agg(distinct d.policy_version) from gander.policy_decision d
        where d.tenant_id = r.tenant_id and d.run_id = r.id), '[]')) as agent,
    json_build_object(
      'workers', ${FACTS('run_leased', `'worker', e.facts -> 'worker', 'fence', e.facts -> 'fence', 'at', e.created_at`)},
      'sandboxes', ${FACTS(
        'sandbox_created',
        `'sandbox_id', e.facts -> 'sandbox_id', 'driver', e.facts -> 'driver', 'fingerprint', e.facts -> 'fingerprint'`,
      )}) as runtime,
    coalesce((select json_agg(json_build_object('kind', c.kind, 'name', c.name, 'version', c.version, 'calls', c.calls)
        order by c.kind, c.name) from (
      select 'tool' as kind, u.tool as name, u.tool_version as version, count(*) as calls from gander.tool_call u
        where u.tenant_id = r.tenant_id and u.run_id = r.id group by u.tool, u.tool_version
      union all select 'model', m.provider || ':' || m.model, null, count(*) from gander.model_call m
        where m.tenant_id = r.tenant_id and m.run_id = r.id group by m.provider, m.model) c), '[]') as tools,
    coalesce((select json_agg(json_build_object('scope', k.scope, 'used_for', k.used_for) order by k.scope, k.used_for)
      from (
      select distinct e.facts ->> 'credential_scope' as scope, 'tool ' || (e.facts ->> 'tool') as used_for
        from gander.audit_event e where e.tenant_id = r.tenant_id and e.run_id = r.id
          and e.event = 'tool_call_authorized' and e.facts ->> 'credential_scope' <> 'none'
      union select 'model:' || m.provider, 'model ' || m.model from gander.model_call m
        where m.tenant_id = r.tenant_id and m.run_id = r.id
      union select 'forge:' || (e.facts ->> 'remote'), 'branch ' || (e.facts ->> 'branch') from gander.audit_event e
        where e.tenant_id = r.tenant_id and e.run_id = r.id and e.event = 'branch_pushed') k), '[]') as credentials,
    coalesce((select json_agg(json_build_object('approval_id', a.id, 'name', a.decided_by,
        'principal_id', ${PERSON('a.decided_by')}, 'decision', a.decision, 'action', a.action,
        'reason', a.decision_reason, 'decided_at', a.decided_at) order by a.decided_at)
      from gander.approval a where a.tenant_id = r.tenant_id and a.run_id = r.id and a.decision is not null), '[]')
      as approvers,
    json_build_object('repository', t.repository, 'base_commit', r.facts -> 'base_sha', 'tree', r.facts -> 'tree',
      'branch', coalesce(p.branch, r.facts ->> 'branch'),
      'commit', coalesce(p.head_commit, (select e.facts ->> 'commit' from gander.audit_event e
        where e.tenant_id = r.tenant_id and e.run_id = r.id and e.event = 'branch_pushed' order by e.run_seq desc limit 1)),
      'pull_request', coalesce(p.url, r.facts ->> 'pull_request'), 'packet_sha256', r.facts -> 'packet_sha256') as change
  from subject s join gander.run r on r.tenant_id = s.tenant_id and r.id = s.id
  join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id
  join gander.request q on q.tenant_id = t.tenant_id and q.id = t.request_id
  left join gander.pull_request_link p on p.tenant_id = r.tenant_id and p.run_id = r.id
  order by r.id desc limit 50`,
}

/** Answers who caused a change from what is on record. */
export function createProvenance({ database: { pool } }: { readonly database: Pick<Database, 'pool'> }): Provenance {
  return {
    whoCaused: (tenant, change) => {
      const { run, commit, pull_request, branch } = change as ChangeNames
      const values = [tenant, run, commit, pull_request, branch].map(plainOrNull)
      return inTenant(pool, tenant, (client) => query<ChangeOrigin>(client, ORIGIN, values))
    },
  }
}

/** Every name a change may go by; one of them is given. */
type ChangeNames = Partial<Readonly<Record<'run' | 'commit' | 'pull_request' | 'branch', string>>>
