import type { Database } from '#adapters/postgres'
import type { RunId } from '#domain/ids'
import { asTenant } from './as-tenant.ts'

/** The tool calls of a run that were executed, and those among them that no earlier decision allowed. */
export interface ExecutedCalls {
  readonly executed: number
  readonly undecided: readonly { readonly tool: string; readonly request_hash: string }[]
}

/**
 * Reads from the record whether every executed call had its own allow decision, bound to the hash of its arguments and
 * recorded before the call was: no effect without an earlier decision.
 */
export async function executedCalls(database: Pick<Database, 'pool'>, run: RunId): Promise<ExecutedCalls> {
  const executed = `from gander.audit_event e where e.run_id = '${run}' and e.event = 'tool_call_executed'`
  const decided = `select from gander.policy_decision d
    join gander.tool_call t on t.tenant_id = d.tenant_id and t.run_id = d.run_id and t.step_n = d.step_n
    where d.tenant_id = e.tenant_id and d.run_id = e.run_id and d.decision_id = e.decision_id and d.answer = 'allow'
      and d.args_hash = e.request_hash and t.args_sha256 = d.args_hash and d.created_at < t.created_at`
  const count = await asTenant(database, `select count(*)::integer as n ${executed}`)
  const undecided = await asTenant(
    database,
    `select e.resource_id as tool, e.request_hash ${executed} and not exists (${decided}) order by e.seq`,
  )
  return {
    executed: Number(count.rows[0]?.['n'] ?? 0),
    undecided: undecided.rows.map(({ tool, request_hash }) => ({
      tool: String(tool),
      request_hash: String(request_hash),
    })),
  }
}
