import type { GateAnswer, GateName, Verdict } from '#domain/gate'
import { lets } from '#domain/gate'
import type { AgentOutcome } from '#ports'
import { openingForEditing, openingForRepair } from '#execution-plane/context'
import { checkBoundary, captureProposal } from './boundary.ts'
import { endingOf } from './ending-of-outcome.ts'
import { need, type Ending, type Execution } from './execution.ts'
import { askForLeave } from './guest-leave.ts'
import { work } from './plan.ts'
import { review } from './review.ts'
import { readRiskOfChange } from './risk.ts'
import { explain, judgeTree } from './verify.ts'

/** What follows a look at the tree: it stands, the run ends, or the agent works on. */
type Next =
  | { readonly next: 'stands' }
  | { readonly next: 'ends'; readonly ending: Ending }
  | { readonly next: 'works'; readonly outcome: AgentOutcome }

/** Edit, check the boundary, verify, repair while the budget lasts, review; until the change stands or the run ends. */
export async function change(execution: Execution): Promise<Ending | undefined> {
  let outcome = await work(execution, 'editing', openingForEditing(need(execution, 'plan')))
  for (let round = 0; ; round++) {
    if (outcome.kind === 'needs_leave') return askForLeave(execution, outcome.wanted)
    if (outcome.kind !== 'finished') return endingOf(outcome, 'agent_stuck')
    execution.found.summary = outcome.summary
    const looked = await examine(execution, round)
    if (looked.next === 'stands') return undefined
    if (looked.next === 'ends') return looked.ending
    outcome = looked.outcome
  }
}

async function examine(execution: Execution, round: number): Promise<Next> {
  const { journal } = execution
  const captured = await captureProposal(execution, round)
  const outside = await checkBoundary(execution, captured, round)
  if (outside !== undefined) return { next: 'ends', ending: outside }
  await readRiskOfChange(execution, round)
  await journal.advance('verifying', { tree: captured.tree, gates: answersOf(execution) })
  const verification = await judgeTree(execution, captured.tree, round)
  if (!lets(verification)) return repair(execution, verification)
  await journal.advance('judging', { gates: { verification: verification.answer } })
  return reviewed(execution, round)
}

/** A failed verification is feedback until the repair budget is used up. */
async function repair(execution: Execution, verification: Verdict): Promise<Next> {
  const { found, journal, task } = execution
  const { max_repairs } = journal.budget().limits
  const report = need(execution, 'after')
  // A rule or a command does the same again: what it left behind is a person's.
  if (task.agent.kind === 'transform' || found.repairs >= max_repairs) return notRepaired(found.repairs, verification)
  found.repairs += 1
  const gates = { verification: verification.answer }
  await journal.advance('repairing', { repairs_used: found.repairs, repairs_allowed: max_repairs, gates })
  const opening = openingForRepair({
    kind: 'verification',
    reason: verification.reason,
    diagnosis: explain(execution, report),
    sign: need(execution, 'sign'),
  })
  return { next: 'works', outcome: await work(execution, 'repairing', opening) }
}

function notRepaired(repairs: number, { answer, reason: why }: Verdict): Next {
  const after = repairs === 0 ? '' : ` after ${repairs} ${repairs === 1 ? 'repair' : 'repairs'}`
  const ending =
    answer === 'unavailable'
      ? ({ failure: 'baseline_broken', what: `Nothing proves the change${after}.` } as const)
      : ({ failure: 'not_repaired', what: `The change does not pass verification${after}.` } as const)
  return { next: 'ends', ending: { kind: 'end', state: 'needs_human', ...ending, why } }
}

async function reviewed(execution: Execution, round: number): Promise<Next> {
  const { found, journal, task } = execution
  const verdict = await review(execution, round)
  if (lets(verdict)) return { next: 'stands' }
  const failure = verdict.answer === 'unavailable' ? 'judge_unavailable' : 'judge_rejected'
  const what = verdict.answer === 'unavailable' ? 'No judge could be reached.' : 'The judge does not accept the change.'
  const sendBack = verdict.answer === 'fail' && found.send_backs === 0 && task.agent.kind !== 'transform'
  if (!sendBack)
    return { next: 'ends', ending: { kind: 'end', state: 'needs_human', failure, what, why: verdict.reason } }
  found.send_backs = 1
  await journal.advance('repairing', { judge_send_backs: 1, gates: { judge: verdict.answer } })
  const reasons = verdict.findings.map((finding) => finding.message)
  const opening = openingForRepair({
    kind: 'judge',
    reason: verdict.reason,
    diagnosis: reasons.join('\n'),
    sign: need(execution, 'sign'),
  })
  return { next: 'works', outcome: await work(execution, 'repairing', opening) }
}

/** What the gates said of the tree, as the guards of the lifecycle read it. */
function answersOf({ found }: Execution): { readonly [gate in GateName]?: GateAnswer } {
  return Object.fromEntries([...found.verdicts].map(([gate, verdict]) => [gate, verdict.answer]))
}
