import type { Plan } from '#domain/plan'
import { renderPlan } from '#execution-plane/planner'
import { createFlagging, plain, type Sign } from './untrusted/wrap-untrusted.ts'

/** Changes with every change of what the platform says to a model between its turns: one of the twelve versions. */
export const PROMPT_CONTRACT_VERSION = 'phases/2'

/** What opens editing: the accepted plan. */
export function openingForEditing(plan: Plan): string {
  return [
    'Your plan is accepted; the phase is now editing. Carry it out, then call finish. If reading shows that it must differ, differ, and say so in the summary; the contract stays.',
    renderPlan(plan).trimEnd(),
  ].join('\n\n')
}

/** Who found what in a proposed tree. */
interface RepairReasons {
  readonly kind: 'verification' | 'judge' | 'gate'
  /** One line of the platform or of the judge. */
  readonly reason: string
  /** Data, whoever wrote it. */
  readonly diagnosis: string
  readonly sign?: Sign
}

const FOUND: Readonly<Record<RepairReasons['kind'], string>> = {
  verification: 'Verification of your change did not pass.',
  judge: 'The review of your change found that it does not do what was asked.',
  gate: 'A check of your change did not pass.',
}

const APPEAL =
  'Where the review is plainly mistaken, change nothing and call finish with a summary that begins with APPEAL and cites the ids of evidence that show it, as in C1, F1 or V-tests. Another model looks once more; that happens once.'

/** What opens repairing: who found what. */
export function openingForRepair({ kind, reason, diagnosis, sign }: RepairReasons): string {
  const wrap = createFlagging(sign ?? plain)
  return [
    `${FOUND[kind]} The phase is now repairing.`,
    wrap({ id: 'finding', source: kind, trust: 'tool_output', kind: 'document' }, `${reason}\n${diagnosis}`.trim())
      .sent,
    ...(kind === 'judge' ? [APPEAL] : []),
    'Find the cause, mend it inside the contract and call finish. Do not weaken tests or checks. If it cannot be mended, report_blocked with the reason.',
  ].join('\n\n')
}
