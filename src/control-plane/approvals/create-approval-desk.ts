import type { AskedApproval } from '#domain/approval'
import { GanderError } from '#domain/failure'
import type { ApprovalDesk, RunStore, WaitingApproval } from '#ports'
import { registerOf, type RuleParts } from './approval-rules.ts'
import { isOwn, servesNow, whoAnswers, type Answering, type Register } from './who-answers.ts'

interface DeskParts extends RuleParts {
  readonly store: Pick<RunStore, 'load' | 'approvals' | 'command'>
  readonly account: string
}

/** Where people look at what is asked of them, and take an answer back. */
export function createApprovalDesk(parts: DeskParts): ApprovalDesk {
  const { account, records, store } = parts
  return {
    async waiting(tenant, who) {
      const [register, asked] = await Promise.all([registerOf(parts, tenant), records.waiting(tenant)])
      return asked.map((approval) => shown(register, approval, { ...who, account }))
    },
    async revoke(run, { by, reason, principal_id }) {
      const overview = await store.load(run)
      if (overview === undefined) throw new GanderError('run_not_found', `There is no run ${run}.`)
      const { task } = overview
      const register = await registerOf(parts, task.tenant_id)
      const who = whoAnswers(register, { by, account, ...(principal_id !== undefined && { principal_id }) })
      const known = (await store.approvals(run)).findLast(({ used_at, revoked_at, decision }) =>
        decision === 'rejected' ? false : (used_at ?? null) === null && (revoked_at ?? null) === null,
      )
      if (known === undefined)
        throw new GanderError('run_not_in_state', `Run ${run} has no approval that could be taken back.`, {
          remedy: 'A yes can be taken back until it is used; `gander cancel RUN` stops the run.',
        })
      const gave = (known.votes ?? []).some(({ person }) => person === who.person) || known.decided_by === by
      const may = gave || servesNow(register, who.person, matterOf(known, task)).length > 0
      if (!who.may_speak || !may)
        throw new GanderError('approval_not_yours', `${by} gave no yes to run ${run}, and could give none.`)
      const done = await store.command(run, {
        type: 'revoke_approval',
        approval: known.id,
        person: who.person,
        by,
        reason: reason.slice(0, 500),
      })
      if (!done.ok) throw new GanderError('run_not_in_state', done.refusal.message)
    },
  }
}

const matterOf = (
  { requirements = [] }: Pick<AskedApproval, 'requirements'>,
  { repository, requester }: { readonly repository: string; readonly requester: string },
) => ({ requirements, repository, requester })

function shown(register: Register, approval: AskedApproval, answering: Answering): WaitingApproval {
  const because = notMine(register, approval, answering)
  return { approval, is_mine: because === null, because, preview: approval.preview ?? null }
}

function notMine(register: Register, approval: AskedApproval, answering: Answering): string | null {
  const { requirements = [], votes = [], requester, kind } = approval
  const who = whoAnswers(register, answering)
  if (!who.may_speak) return 'only people answer'
  if (kind === 'checkpoint') return null
  if (votes.some(({ person }) => person === who.person)) return 'you said yes already'
  const own = isOwn(register, answering, requester)
  if (requirements.length === 0) return own && register.file.another_person ? 'you asked for it' : null
  if (servesNow(register, who.person, matterOf(approval, approval)).length > 0) return null
  return own
    ? 'you asked for it'
    : `it takes the ${requirements.map(({ kind: each }) => each.replaceAll('_', ' ')).join(', ')}`
}
