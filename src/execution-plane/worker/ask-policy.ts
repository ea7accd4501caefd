import { createHash } from 'node:crypto'
import { canonicalJson, type JsonObject } from '#domain/json'
import type { RunState } from '#domain/run'
import type { PolicyDecision } from '#ports'
import { agreedTo, waitForAct } from './approval-gate-acts.ts'
import type { Ending, Execution } from './execution.ts'
import { underPolicy } from './under-policy.ts'

interface PolicyAsk {
  readonly action: string
  readonly state: RunState
  /** Facts the platform computed; what the decision is bound to. */
  readonly facts: JsonObject
  /** Said to people where the answer is no. */
  readonly refusal: string
  /** What tells this asking from an earlier one of the same action in the run. Absent: it is the first. */
  readonly again?: string
}

/** Asks policy as a step of its own under the key, before the act, and gives its answer. */
export async function decidePolicy(
  execution: Execution,
  ask: Omit<PolicyAsk, 'refusal'> & { readonly key: string },
): Promise<Pick<PolicyDecision, 'answer' | 'explanation'>> {
  const { parts, run, task, journal, found } = execution
  const request = { action: ask.action, ...ask.facts }
  await parts.run_policy?.refresh()
  return journal.perform({ key: underPolicy(execution, ask.key), kind: 'gate', request }, async () => {
    const decision = parts.policy.decide({
      action: ask.action,
      run_id: run.id,
      state: ask.state,
      paths: (found.change?.files ?? []).map((file) => file.path),
      argv: [],
      scope: task.scope,
      args_hash: createHash('sha256').update(canonicalJson(request)).digest('hex'),
      facts: ask.facts,
    })
    return { value: { answer: decision.answer, explanation: decision.explanation }, decision }
  })
}

/**
 * Asks policy as a step of its own, before the act. What it lets a person decide makes the run wait for exactly that, and
 * goes on once they agreed; a deny ends the run.
 */
export async function askPolicy(execution: Execution, ask: PolicyAsk): Promise<Ending | undefined> {
  const { action } = ask
  const answer = await decidePolicy(execution, { ...ask, key: `policy:${action}${ask.again ?? ''}` })
  if (answer.answer === 'allow') return undefined
  if (answer.answer === 'ask') {
    // Nobody waits in this state; the same is asked again as soon as the run is being prepared.
    if (ask.state === 'leased') return undefined
    const tree = execution.found.change?.head_tree
    const wanted = { action, subject: subjectOf(ask), ...(tree !== undefined && { tree }), reason: answer.explanation }
    // One yes to an act holds for its every asking on the same tree.
    const agreed = await agreedTo(execution, { ...wanted, key: `policy:${action}` })
    return agreed === undefined ? waitForAct(execution, wanted) : undefined
  }
  return {
    kind: 'end',
    state: 'blocked_policy',
    failure: 'policy_violation',
    what: ask.refusal,
    why: answer.explanation,
  }
}

/** What the act is about, for whoever decides. */
const subjectOf = ({ facts, action }: PolicyAsk): readonly string[] =>
  [facts['repository'], facts['branch'], facts['mode']]
    .filter((fact) => typeof fact === 'string')
    .concat(action)
    .sort()
