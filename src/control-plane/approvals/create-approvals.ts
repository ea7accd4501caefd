import { type Approval, type ApprovalAnswer, type ApprovalVote } from '#domain/approval'
import type { Change } from '#domain/change'
import { GanderError, nextAction, type Diagnosed } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { Redactor, RunStore, RunView } from '#ports'
import { registerOf, type RuleParts } from './approval-rules.ts'
import { sealRejection, type Sealing } from './seal-rejection.ts'
import { isOwn, servesNow, whoAnswers, type Register } from './who-answers.ts'

/** What the desk that takes answers stands on. */
export interface ApprovalParts extends Sealing, RuleParts {
  readonly store: Pick<RunStore, 'decisions' | 'events' | 'command' | 'approvals'>
  readonly redactor: Redactor
  /** The account that this process runs for. */
  readonly account: string
  /** What a run changed so far; undefined where nothing was. */
  readonly changeOf: (run: RunId) => Promise<Change | undefined>
}

/** Takes the answers of people. */
export interface Approvals {
  /** @throws GanderError `run_not_in_state` where the run waits for none, `approval_not_yours` where another must answer */
  answer(view: RunView, answer: ApprovalAnswer): Promise<void>
}

/** Makes the desk that takes answers. The record says where one is the requester's own. */
export function createApprovals(parts: ApprovalParts): Approvals {
  return {
    async answer(view, answer) {
      const { run } = view
      if (run.state !== 'awaiting_approval')
        throw new GanderError('run_not_in_state', `Run ${run.id} waits for no approval: it is ${run.state}.`, {
          remedy: `\`gander show ${run.id}\` tells where it stands.`,
        })
      const approval = (await parts.store.approvals(run.id)).find(({ id }) => id === run.approval)
      if (approval === undefined) throw new GanderError('internal', `The approval ${run.approval} is not on record.`)
      if (answer.fingerprint !== undefined && answer.fingerprint !== approval.fingerprint)
        throw new GanderError('run_not_in_state', `Run ${run.id} asks something else now than what was answered.`, {
          remedy: '`gander approvals` shows what it asks; answer that.',
        })
      const checked = await check(parts, { view, answer, approval })
      const reason = (await parts.redactor.redact(answer.reason)).text.slice(0, 500)
      const at = new Date(parts.clock.now()).toISOString()
      const { decision, by } = answer
      const asked = { type: 'decide_approval', approval: run.approval, at, decision, by, reason, ...checked } as const
      const packet_sha256 =
        decision === 'rejected' ? await packetOfNo(parts, view, rejection(run.id, by, reason)) : undefined
      const done = await parts.store.command(run.id, { ...asked, ...(packet_sha256 && { packet_sha256 }) })
      if (!done.ok)
        throw new GanderError('run_not_in_state', done.refusal.message, {
          remedy: `\`gander show ${run.id}\` tells where it stands; a request that has expired can only be rejected, and \`gander continue\` then starts the task again.`,
        })
    },
  }
}

interface Given {
  readonly view: RunView
  readonly answer: ApprovalAnswer
  readonly approval: Approval
}

interface Checked {
  readonly own_request: boolean
  readonly vote?: ApprovalVote
}

/** A no is anybody's to give, also while the rules cannot be read. */
async function check(parts: ApprovalParts, given: Given): Promise<Checked> {
  const { view, answer } = given
  const { run, task } = view
  const register = await registerOf(parts, run.tenant_id).catch((error: unknown) => {
    if (answer.decision === 'rejected') return undefined
    throw error
  })
  if (register === undefined) return { own_request: answer.by === task.requester }
  const own_request = isOwn(register, { ...answer, account: parts.account }, task.requester)
  if (answer.decision === 'rejected') return { own_request }
  const vote = await yes(parts, register, { ...given, own_request })
  return { own_request, ...(vote && { vote }) }
}

interface Yes extends Given {
  readonly own_request: boolean
}

async function yes(
  parts: ApprovalParts,
  register: Register,
  { view, answer, approval, own_request }: Yes,
): Promise<ApprovalVote | undefined> {
  const { run, task } = view
  const who = whoAnswers(register, { ...answer, account: parts.account })
  if (!who.may_speak) throw notYours(`${answer.by} is no person who may answer here.`)
  if (approval.kind === 'checkpoint') return overrules(approval, answer) ? notOverruled(run.id, approval) : undefined
  if (answer.decision === 'changes_requested')
    throw new GanderError('run_not_in_state', `Run ${run.id} asks for leave, not whether to go on.`, {
      remedy: `\`gander approve ${run.id}\` or \`gander reject ${run.id}\`.`,
    })
  await withinLimits(parts, register, { names: [answer.by], tenant: run.tenant_id })
  const { requirements = [] } = approval
  if (requirements.length === 0) {
    if (own_request && register.file.another_person)
      throw notYours(
        `Run ${run.id} was asked for by ${task.requester}, and the rules of this installation want another person to approve it.`,
      )
    return undefined
  }
  const serves = servesNow(register, who.person, {
    requirements,
    repository: task.repository,
    requester: task.requester,
  })
  if (serves.length > 0) return { person: who.person, by: answer.by, serves }
  const wanted = requirements.map(({ kind, approvers }) => named(kind, approvers))
  throw notYours(
    `${answer.by} may not approve this${own_request ? ', having asked for it' : ''}: it takes ${wanted.join(' and ')}.`,
  )
}

/** A person goes on against the judge alone: what a deterministic gate refuses stays refused. */
const overrules = ({ action }: Approval, { decision }: ApprovalAnswer): boolean =>
  decision === 'approved' && action.startsWith('gate.') && action !== 'gate.judge'

function notOverruled(run: RunId, { action }: Approval): never {
  throw new GanderError('run_not_in_state', `The ${action.slice('gate.'.length)} gate cannot be overruled.`, {
    remedy: `Say what must change with \`gander approve ${run} --changes TEXT\`, or \`gander reject ${run}\`.`,
  })
}

const named = (kind: string, approvers: readonly string[]): string =>
  `the ${kind.replaceAll('_', ' ')}${approvers.length === 0 ? '' : ` (${approvers.slice(0, 5).join(', ')})`}`

const notYours = (message: string): GanderError => new GanderError('approval_not_yours', message)

/** A person who is asked too much reads no more what they approve. */
async function withinLimits(
  { records }: ApprovalParts,
  { file: { limits } }: Register,
  { names, tenant }: { readonly names: readonly string[]; readonly tenant: RunView['run']['tenant_id'] },
): Promise<void> {
  for (const [most, minutes, span] of [
    [limits.per_approver_hour, 60, 'hour'],
    [limits.per_approver_day, 24 * 60, 'day'],
  ] as const) {
    const given = await records.answered(tenant, names, minutes)
    if (given < most) continue
    throw new GanderError(
      'approval_limit_reached',
      `${names[0]} has answered ${given} times in the last ${span}, and ${most} is the most that is taken.`,
    )
  }
}

const rejection = (run: RunId, by: string, reason: string): Diagnosed => ({
  class: 'approval_denied',
  what: `${by} rejected what the run asked for.`,
  why: reason === '' ? 'No reason was given.' : reason,
  next: nextAction('approval_denied', run),
})

async function packetOfNo(parts: ApprovalParts, view: RunView, diagnosis: Diagnosed): Promise<string> {
  return sealRejection(parts, view, { diagnosis, change: await parts.changeOf(view.run.id) })
}
