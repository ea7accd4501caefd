import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { each, type Ground, type Violation } from './ground.ts'

const run = promisify(execFile)

interface KeptPullRequest {
  readonly idempotency_key: string
  readonly head_branch: string
  readonly url: string
}

/** I3: pull requests of the local forge by task and run, each on record; a branch belongs to a pull request or to work. */
export async function checkPullRequests({ sql, kept, settled }: Ground): Promise<readonly Violation[]> {
  const pulls = await pullRequests(kept)
  const owners = pulls.map(({ idempotency_key }) => idempotency_key.split(':').slice(0, 3).join(':'))
  const doubled = owners.filter((owner, at) => owners.indexOf(owner) !== at)
  const links = await sql<{ idempotency_key: string }>('select idempotency_key from gander.pull_request_link')
  const recorded = new Set(links.map(({ idempotency_key }) => idempotency_key))
  const unrecorded = settled ? pulls.filter(({ idempotency_key }) => !recorded.has(idempotency_key)) : []
  const there = new Set(pulls.map(({ idempotency_key }) => idempotency_key))
  const missing = await sql<{ idempotency_key: string; url: string }>(
    `select l.idempotency_key, l.url from gander.pull_request_link l join gander.run r on r.tenant_id = l.tenant_id
      and r.id = l.run_id where r.mode = 'draft_pr'`,
  )
  const lost = missing.filter(({ idempotency_key, url }) => url.includes('/forge/') && !there.has(idempotency_key))
  const proposed = new Set(pulls.map(({ head_branch }) => head_branch))
  const orphans = settled ? (await branches(kept)).filter((branch) => !proposed.has(branch)) : []
  return [
    ...each('I3', doubled, (owner) => `${owner} has more than one pull request`),
    ...each('I3', unrecorded, ({ url, idempotency_key }) => `${url} (${idempotency_key}) is on no record`),
    ...each('I3', lost, ({ idempotency_key }) => `the pull request of ${idempotency_key} is on record and not there`),
    ...each('I3', orphans, (branch) => `the branch ${branch} belongs to no pull request`),
  ]
}

async function pullRequests(kept: string): Promise<readonly KeptPullRequest[]> {
  const forge = join(kept, 'forge')
  const files = await readdir(forge, { recursive: true }).catch(() => [])
  const records = files.filter((name) => /\/pulls\/\d+\.json$/.test(name))
  return Promise.all(
    records.map(async (name) => JSON.parse(await readFile(join(forge, name), 'utf8')) as KeptPullRequest),
  )
}

async function branches(kept: string): Promise<readonly string[]> {
  const forge = join(kept, 'forge')
  const repositories = (await readdir(forge).catch(() => [])).filter((name) => name.endsWith('.git'))
  const listed = await Promise.all(
    repositories.map(async (name) => {
      const words = ['--git-dir', join(forge, name), 'for-each-ref', '--format=%(refname:short)', 'refs/heads/gander']
      return (await run('git', words)).stdout.split('\n').filter((line) => line !== '')
    }),
  )
  return listed.flat()
}

/** I4: every executed call had its own allow decision for exactly its arguments; so had each publication. */
export async function checkDecisions({ sql }: Ground): Promise<readonly Violation[]> {
  const undecided = await sql<{ run_id: string; seq: number }>(
    `select e.run_id, e.seq from gander.audit_event e where e.event = 'tool_call_executed' and not exists (
      select from gander.policy_decision d join gander.tool_call t on t.tenant_id = d.tenant_id and t.run_id = d.run_id
        and t.step_n = d.step_n
      where d.tenant_id = e.tenant_id and d.run_id = e.run_id and d.decision_id = e.decision_id and d.answer = 'allow'
        and d.args_hash = e.request_hash and t.args_sha256 = d.args_hash and d.created_at < t.created_at)`,
  )
  const published = await sql<{ run_id: string; event: string }>(
    `select e.run_id, e.event from gander.audit_event e where e.event in ('branch_pushed', 'pr_opened') and not exists (
      select from gander.policy_decision d where d.tenant_id = e.tenant_id and d.run_id = e.run_id
        and d.action = case e.event when 'pr_opened' then 'pull_request.open' else 'branch.push' end
        and d.answer in ('allow', 'ask') and d.created_at < e.created_at)`,
  )
  return [
    ...each('I4', undecided, ({ run_id, seq }) => `the call of event ${seq} of ${run_id} was not allowed before it`),
    ...each('I4', published, ({ run_id, event }) => `${event} of ${run_id} was not allowed before it`),
  ]
}

const EFFECTS = `('tool_call_executed', 'command_executed', 'branch_pushed', 'pr_opened', 'pr_updated')`
/** What was under way when a switch was thrown may end within this. */
const GRACE = "interval '2 seconds'"

/** I5: nothing happens in a run that has ended or was cancelled, and nothing that a thrown switch forbids. */
export async function checkKills({ sql }: Ground): Promise<readonly Violation[]> {
  const after = await sql<{ run_id: string; event: string }>(
    `select e.run_id, e.event from gander.audit_event e join gander.audit_event c on c.tenant_id = e.tenant_id
        and c.run_id = e.run_id and c.event in ('run_cancelled', 'run_completed')
      where e.event in ${EFFECTS} and e.run_seq > c.run_seq`,
  )
  const stopped = await sql<{ run_id: string; event: string; level: string }>(
    `select e.run_id, e.event, k.facts ->> 'level' as level from gander.audit_event e
      join gander.audit_event k on k.event = 'kill_switch_thrown' and (k.facts ->> 'level' = 'global'
        or k.facts ->> 'level' = 'tenant' and k.tenant_id = e.tenant_id)
      where e.event in ${EFFECTS} and e.created_at > k.created_at + ${GRACE}
        and (k.facts -> 'actions')::jsonb ? case when e.event like 'pr_%' then 'no_pull_requests'
          else 'cancel_running_runs' end
        and not exists (select from gander.audit_event f where f.event = 'kill_switch_released'
          and f.facts ->> 'level' = k.facts ->> 'level' and f.created_at between k.created_at and e.created_at)`,
  )
  return [
    ...each('I5', after, ({ run_id, event }) => `${event} of ${run_id} came after its end`),
    ...each('I5', stopped, ({ run_id, event, level }) => `${event} of ${run_id} came after a ${level} switch`),
  ]
}

/** I7: an approval has one answer, for the fingerprint that was shown, before it expired, and opened the run once. */
export async function checkApprovals({ sql }: Ground): Promise<readonly Violation[]> {
  const answers = await sql<{ approval: string; answers: number }>(
    `select facts ->> 'approval' as approval, count(*) as answers from gander.audit_event
      where event = 'approval_decision' and facts ->> 'approval' is not null group by tenant_id, facts ->> 'approval'
      having count(*) > 1`,
  )
  const unlike = await sql<{ id: string }>(
    `select a.id from gander.approval a where not exists (select from gander.audit_event e
        where e.tenant_id = a.tenant_id and e.run_id = a.run_id and e.event = 'approval_requested'
          and e.facts ->> 'approval' = a.id and e.facts ->> 'fingerprint' = a.fingerprint)
      or a.decision = 'approved' and a.decided_at > a.expires_at`,
  )
  return [
    ...each('I7', answers, ({ approval, answers }) => `approval ${approval} was answered ${answers} times`),
    ...each('I7', unlike, ({ id }) => `approval ${id} is not for what was shown, or was given too late`),
  ]
}
