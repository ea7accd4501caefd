import { nextAction } from '#domain/failure'
import { answerTo, askPeople, takenUp } from '../approval-question.ts'
import { decidePolicy } from '../ask-policy.ts'
import { mayAskFor } from '../capability-bounds.ts'
import { need, type Ending, type Execution } from '../execution.ts'

/** Hosts that a setup needs and may not reach, at one point of it. */
export interface Blocked {
  /** Part of the keys under which decisions and approval go on record. */
  readonly round: string
  readonly hosts: readonly { readonly host: string; readonly rule: string }[]
  /** What the setup did or says, for the person who decides. */
  readonly reason: string
}

/** The end of a run whose setup needs a host it may not reach. */
export const blocked = ({ run }: Execution, why: string): Ending => ({
  kind: 'end',
  state: 'blocked_policy',
  failure: 'egress_blocked',
  what: 'The setup needs a host that this run may not reach.',
  why: `${why} ${nextAction('egress_blocked', run.id)}`,
})

/** Policy is asked about each host; one no ends the run, and what is left a person decides at once. */
export async function mayConnect(execution: Execution, asked: Blocked): Promise<Ending | 'approved'> {
  const { network, packages } = need(execution, 'sandbox')
  let asks = false
  for (const { host, rule } of asked.hosts) {
    const may_ask = network.ask && packages.allow_download && mayAskFor(execution.task, host)
    const facts = { host, rule, may_ask, round: asked.round }
    const key = `policy:egress.connect:${asked.round}:${rule}:${host}`
    const decision = await decidePolicy(execution, { action: 'egress.connect', state: 'preparing', facts, key })
    if (decision.answer === 'deny') return blocked(execution, `${asked.reason} ${decision.explanation}`)
    asks ||= decision.answer === 'ask'
  }
  return asks ? approval(execution, asked) : 'approved'
}

/** The answer of a person to exactly this question; where there is none yet, the run waits for it. */
async function approval(execution: Execution, asked: Blocked): Promise<Ending | 'approved'> {
  const { journal } = execution
  const action = 'egress.connect'
  const key = `approval:${action}:${asked.round}`
  const hosts = [...new Set(asked.hosts.map(({ host }) => host))].sort()
  if (journal.recorded(key)) {
    await journal.perform({ key, kind: 'gate', request: { hosts } }, () => Promise.reject(new Error('is on record')))
    return 'approved'
  }
  const question = { kind: 'egress', action, subject: hosts, reason: asked.reason } as const
  const given = await answerTo(execution, question)
  if (given === undefined) return askPeople(execution, question)
  await journal.perform({ key, kind: 'gate', request: { hosts } }, async () => takenUp(given))
  return 'approved'
}
