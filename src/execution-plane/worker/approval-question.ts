import { createHash, randomBytes } from 'node:crypto'
import { approvalFingerprint, type Approval, type ApprovalRequest, type ApprovalRequirement } from '#domain/approval'
import type { StepOutcome } from '#ports'
import type { Ending, Execution } from './execution.ts'

/** What a run asks people. */
export interface Question
  extends Pick<ApprovalRequest, 'kind' | 'action' | 'subject' | 'reason' | 'tree' | 'on_timeout' | 'preview'> {
  /** Who must agree; absent: one person whom the rules of the installation let. */
  readonly requirements?: readonly ApprovalRequirement[]
  /** Absent: what the rules say. */
  readonly valid_minutes?: number
}

type Bound = Pick<Question, 'action' | 'subject'> & Pick<ApprovalRequest, 'tree' | 'nonce'>

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What binds an answer to exactly this question of this run, under the policy of now. */
const questionFingerprint = ({ parts, run }: Execution, bound: Bound): string =>
  approvalFingerprint(sha256, { ...bound, run: run.id, policy_version: parts.policy.version })

/**
 * The latest answer to exactly this question that may be used and was not. There is none under another policy or tree,
 * nor where those who gave it may do so no more.
 */
export async function answerTo(
  execution: Execution,
  question: Pick<Question, 'action' | 'subject' | 'tree'>,
): Promise<Approval | undefined> {
  const approvals = await execution.parts.store.approvals(execution.run.id)
  const known = approvals.findLast((each) => each.is_usable === true && isFor(execution, question, each))
  if (known === undefined || known.kind === 'checkpoint') return known
  const good = await execution.parts.approval_rules?.stillGood(known, execution.task)
  return good === undefined || good.ok ? known : undefined
}

/** True where a request on record asks exactly this, under the policy of now. */
export function isFor(
  execution: Execution,
  { action, subject, tree }: Pick<Question, 'action' | 'subject' | 'tree'>,
  { fingerprint, nonce }: Approval,
): boolean {
  const bound = { action, subject, ...(tree !== undefined && { tree }), ...(nonce !== undefined && { nonce }) }
  return fingerprint === questionFingerprint(execution, bound)
}

/** The outcome of the step that uses an answer: the use is on record with it, and a second one is refused. */
export const takenUp = ({ id, decided_by, fingerprint, decision, decision_reason, votes = [] }: Approval) => {
  const by = votes.length > 0 ? votes.map((vote) => vote.by) : [decided_by ?? 'somebody']
  const value = { approval: id, by, fingerprint, decision: decision ?? 'approved', words: decision_reason ?? '' }
  return {
    value,
    events: [{ event: 'approval_used', facts: { approval: id, fingerprint }, approval_id: id }],
  } satisfies StepOutcome<typeof value>
}

/** Puts a question to people, on the terms of the installation; the run waits for exactly that, or is too insistent. */
export async function askPeople(execution: Execution, question: Question): Promise<Ending> {
  const { parts, run, task } = execution
  const { requirements: wanted = [], valid_minutes, ...asked } = question
  const before = await parts.store.approvals(run.id)
  const count = before.filter(({ kind }) => kind !== 'checkpoint').length
  const terms = await parts.approval_rules?.terms(
    { ...asked, requirements: wanted },
    { id: run.id, task, asked: count },
  )
  if (terms !== undefined && terms.refused !== null) return tooInsistent(terms.refused, question)
  const nonce = randomBytes(16).toString('hex')
  const requirements = terms?.requirements ?? wanted
  const earlier = terms?.escalated_from ?? null
  const told = earlier === null ? '' : ` ${earlier.by} said no to nearly the same at ${earlier.at}.`
  return {
    kind: 'approval',
    request: {
      ...asked,
      // No run waits for ever: without an answer in time it is a person's.
      on_timeout: asked.on_timeout ?? 'stop',
      reason: `${asked.reason}${told}`,
      id: parts.identifiers.make('approval'),
      nonce,
      fingerprint: questionFingerprint(execution, { ...asked, nonce }),
      policy_version: parts.policy.version,
      valid_minutes: valid_minutes ?? terms?.valid_minutes ?? 24 * 60,
      ...(requirements.length > 0 && { requirements }),
      ...(earlier !== null && { escalated_from: earlier }),
    },
  }
}

const tooInsistent = (why: string, { action, subject }: Question): Ending => ({
  kind: 'end',
  state: 'needs_human',
  failure: 'approval_denied',
  what: `The run would ask people for ${action} ${subject.slice(0, 5).join(', ')}, and is not let.`,
  why,
})
