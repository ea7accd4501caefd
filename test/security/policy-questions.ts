import { createPolicy } from '#control-plane/policy'
import { formatId, type RunId } from '#domain/ids'
import { DEFAULT_SCOPE, type TaskScope } from '#domain/task'
import type { Identifiers, PolicyQuestion } from '#ports'

export const identifiers: Identifiers = { make: (kind) => formatId(kind, crypto.getRandomValues(new Uint8Array(16))) }
export const policy = createPolicy({ identifiers })

/** Asks the policy; what is not given is harmless. */
export function ask(given: Partial<PolicyQuestion>, scope: Partial<TaskScope> = {}) {
  return policy.decide({
    action: 'file.write',
    run_id: 'run_1' as RunId,
    state: 'editing',
    paths: [],
    argv: [],
    scope: { ...DEFAULT_SCOPE, ...scope },
    args_hash: 'a'.repeat(64),
    facts: { content_class: 'text' },
    ...given,
  })
}
/** Asks about writing one path. */
export const write = (path: string, scope: Partial<TaskScope> = {}) => ask({ paths: [path] }, scope)
