import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import type { WantedLeave } from '#ports'
import type { CallAgreement } from '#execution-plane/tool-gateway'
import { previewOf } from './approval-preview.ts'
import { answerTo, askPeople, takenUp } from './approval-question.ts'
import { need, type Ending, type Execution } from './execution.ts'
import { underPolicy } from './under-policy.ts'

/** One act that policy lets a person decide. */
export interface ActInQuestion extends WantedLeave {
  /** What tells it from other acts of the run: the key of its step. */
  readonly key: string
}

/**
 * The approval in which a person said yes to exactly this act, on this tree, under the policy of now. It is taken up
 * once, before the act; a run that dies between finds it taken up by this very act and goes on.
 */
export async function agreedTo(execution: Execution, act: ActInQuestion): Promise<string | undefined> {
  const { journal, found } = execution
  const key = underPolicy(execution, `agreed:${act.key}`)
  const known = found.agreed.get(key)
  if (known !== undefined) return known
  const { action, subject, tree } = act
  const given = journal.recorded(key)
    ? undefined
    : await answerTo(execution, { action, subject, ...(tree !== undefined && { tree }) })
  if (given === undefined && !journal.recorded(key)) return undefined
  const request = { action, subject: [...subject], tree: tree ?? null }
  const { approval } = await journal.perform({ key, kind: 'gate', request }, async () => {
    if (given === undefined) throw new Error(`${key} is on record`)
    return takenUp(given)
  })
  found.agreed.set(key, approval)
  return approval
}

/** The run waits for a person's answer to exactly this, with what is known of its change. */
export function waitForAct(execution: Execution, { action, subject, reason, tree }: WantedLeave): Promise<Ending> {
  const kind = action === 'branch.push' || action === 'pull_request.open' ? 'publication' : 'leave'
  const told = `The run asks for ${action}: ${subject.slice(0, 20).join(', ')}. ${reason}`
  const sorted = [...subject].sort()
  return askPeople(execution, {
    kind,
    action,
    subject: sorted,
    reason: told.slice(0, 2_000),
    preview: previewOf(execution),
    ...(tree !== undefined && { tree }),
  })
}

/** Agreement to calls of the run's agent. A yes to writing a path is in the task's scope before any call is made. */
export const agreementOf =
  (execution: Execution) =>
  async (call: CallAgreement): Promise<string | undefined> =>
    call.action === 'file.write' ? undefined : agreedTo(execution, call)

/**
 * Paths of the tree that policy lets a person decide: the run waits for an answer to all of them, on this very tree.
 * Undefined where there is none, or where something else in the tree is denied and a yes would change nothing.
 */
export async function askForPaths(execution: Execution, tree: string, round: number): Promise<Ending | undefined> {
  const { parts, journal } = execution
  const paths = need(execution, 'change').files.map(({ path }) => path)
  const answers = paths.map((path) => ({ path, decision: decide(execution, [path]) }))
  const asked = answers.filter(({ decision }) => decision.answer === 'ask')
  if (asked.length === 0 || answers.some(({ decision }) => decision.answer === 'deny')) return undefined
  const subject = asked.map(({ path }) => path).sort()
  const key = `asked:tree:${round}:${parts.policy.version.slice(0, 12)}`
  const decision = decide(execution, subject)
  await journal.perform({ key, kind: 'gate', request: { tree, subject } }, async () => ({
    value: decision.answer,
    decision,
  }))
  return waitForAct(execution, { action: 'file.write', subject, reason: decision.explanation, tree })
}

function decide({ parts, run, task }: Execution, paths: readonly string[]) {
  const request = { action: 'tree.path', paths: [...paths] }
  return parts.policy.decide({
    action: 'tree.path',
    run_id: run.id,
    state: 'verifying',
    paths,
    argv: [],
    scope: task.scope,
    args_hash: createHash('sha256').update(canonicalJson(request)).digest('hex'),
    facts: {},
  })
}
