import type { GateAnswer, GateName, Verdict } from '#domain/gate'
import { lets } from '#domain/gate'
import { dispositionOf } from '#domain/workflow'
import type { AgentOutcome } from '#ports'
import { openingForEditing, openingForRepair } from '#execution-plane/context'
import { wantsPerson } from '#execution-plane/judge'
import { waitForAct } from './approval-gate-acts.ts'
import { checkBoundary, captureProposal } from './boundary.ts'
import {
  askAfterNo,
  checkpoint,
  noWayLeft,
  openingForChanges,
  overrule,
  warned,
  workflowOf,
  type Word,
} from './checkpoints.ts'
import { endingOf } from './ending-of-outcome.ts'
import { need, type Ending, type Execution } from './execution.ts'
import { work } from './plan.ts'
import { explainNo, isMachines, proofAnswers, prove } from './prove.ts'
import { review, reviewOnAppeal } from './review.ts'
import { publicationForbidden, readRiskOfChange } from './risk.ts'

/** What follows a look at the tree: it stands, the run ends, or the agent works on. */
type Next =
  | { readonly next: 'stands' }
  | { readonly next: 'ends'; readonly ending: Ending }
  | { readonly next: 'works'; readonly outcome: AgentOutcome }

/** Edit, check the boundary, verify, repair while the budget lasts, review; until the change stands or the run ends. */
export async function change(execution: Execution): Promise<Ending | undefined> {
  let outcome = await work(execution, 'editing', openingForEditing(need(execution, 'plan')))
  for (let round = 0; ; round++) {
    if (outcome.kind === 'needs_leave') return waitForAct(execution, outcome.wanted)
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
  const forbidden = publicationForbidden(execution)
  if (forbidden !== undefined) return { next: 'ends', ending: forbidden }
  const looked = { round, subject: [`tree ${captured.tree}`] }
  const built = await checkpoint(execution, 'build', { ...looked, reason: 'The change is inside its boundary.' })
  if (built.word === 'waits') return { next: 'ends', ending: built.ending }
  if (built.word === 'changes') return workAgain(execution, built, phaseOf(execution))
  await journal.advance('verifying', { tree: captured.tree, gates: answersOf(execution) })
  const verification = await prove(execution, captured.tree, round)
  if (!lets(verification)) return notVerified(execution, verification, looked)
  const tested = await checkpoint(execution, 'test', { ...looked, reason: `The tests say yes: ${verification.reason}` })
  if (tested.word === 'waits') return { next: 'ends', ending: tested.ending }
  if (tested.word === 'changes') return repairAsAsked(execution, tested)
  await journal.advance('judging', { gates: { ...answersOf(execution), ...proofAnswers(execution) } })
  return reviewed(execution, looked)
}

const phaseOf = ({ found }: Execution) => (found.repairs + found.send_backs === 0 ? 'editing' : 'repairing')

type Asked = Extract<Word, { word: 'changes' }>

/** What is looked at in one round. */
interface Looked {
  readonly round: number
  readonly subject: readonly string[]
  /** Set where a person is asked once more about the same. */
  readonly again?: string
}

/** The agent works on in its phase with a person's words. */
async function workAgain(execution: Execution, asked: Asked, phase: 'editing' | 'repairing'): Promise<Next> {
  const { by, words } = asked
  if (execution.task.agent.kind === 'transform')
    return { next: 'ends', ending: noWayLeft(by, words, 'A rule or a command does the same again.') }
  return { next: 'works', outcome: await work(execution, phase, openingForChanges(words, phase)) }
}

/** What a no of the tests leads to: repairs while they last, a person where the profile asks one, else the end. */
async function notVerified(execution: Execution, verification: Verdict, looked: Looked): Promise<Next> {
  const { found, journal, task } = execution
  // What the machine did no agent can mend.
  if (isMachines(execution, verification)) return notRepaired(found.repairs, verification)
  const disposition = dispositionOf(workflowOf(execution), 'verification')
  const left = task.agent.kind !== 'transform' && found.repairs < journal.budget().limits.max_repairs
  if (disposition === 'repair' && left) return repair(execution, verification)
  // Without a repair left nothing that a person says could be done: the run ends with what it has.
  if (disposition !== 'ask' || !left) return notRepaired(found.repairs, verification)
  const said = await askAfterNo(execution, verification, looked)
  if (said.word === 'waits') return { next: 'ends', ending: said.ending }
  if (said.word === 'go_on') return notRepaired(found.repairs, verification)
  return repairAsAsked(execution, said)
}

/** A person's changes are a repair like any other: they count, and the budget bounds them. */
async function repairAsAsked(execution: Execution, asked: Asked): Promise<Next> {
  const { found, journal, task } = execution
  const { max_repairs } = journal.budget().limits
  if (task.agent.kind === 'transform' || found.repairs >= max_repairs)
    return { next: 'ends', ending: noWayLeft(asked.by, asked.words, `All ${max_repairs} repairs are used up.`) }
  await countRepair(execution)
  return workAgain(execution, asked, 'repairing')
}

async function countRepair(execution: Execution): Promise<void> {
  const { found, journal } = execution
  found.repairs += 1
  const gates = proofAnswers(execution)
  const repairs_allowed = journal.budget().limits.max_repairs
  await journal.advance('repairing', { repairs_used: found.repairs, repairs_allowed, gates })
}

/** A failed verification is feedback to the agent. */
async function repair(execution: Execution, verification: Verdict): Promise<Next> {
  const diagnosis = explainNo(execution, verification)
  await countRepair(execution)
  const opening = openingForRepair({
    kind: 'verification',
    reason: verification.reason,
    diagnosis,
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

async function reviewed(execution: Execution, looked: Looked): Promise<Next> {
  const verdict = await review(execution, looked.round)
  if (lets(verdict)) return afterReview(execution, verdict, looked)
  const profile = workflowOf(execution)
  const disposition = dispositionOf(profile, 'judge')
  if (disposition === 'warn') {
    await warned(execution, verdict, looked.round)
    return afterReview(execution, verdict, looked)
  }
  if (disposition === 'repair' && verdict.answer === 'fail' && mayBeSentBack(execution))
    return sendBack(execution, verdict)
  const asks = disposition === 'ask' || (disposition === 'repair' && profile.phases.review.checkpoint !== null)
  if (!asks && !wantsPerson(verdict)) return notAccepted(verdict)
  return settledByPerson(execution, verdict, looked)
}

/** A person decides against the judge or with it; they may have a second model look once more, and are asked again. */
async function settledByPerson(execution: Execution, verdict: Verdict, looked: Looked): Promise<Next> {
  const said = await askAfterNo(execution, verdict, looked)
  if (said.word === 'waits') return { next: 'ends', ending: said.ending }
  if (said.word === 'changes') {
    const heard = looked.again === undefined ? await reviewOnAppeal(execution, said.words, looked.round) : undefined
    if (heard === undefined) return sentBackBy(execution, verdict, said)
    return settledByPerson(execution, heard, { ...looked, again: ':appealed' })
  }
  execution.found.verdicts.set('judge', await overrule(execution, verdict, said.by, looked.round))
  return { next: 'stands' }
}

/** A person looks at what the judge let through, where the profile says so. */
async function afterReview(execution: Execution, verdict: Verdict, looked: Looked): Promise<Next> {
  const said = await checkpoint(execution, 'review', { ...looked, reason: `The review is done: ${verdict.reason}` })
  if (said.word === 'waits') return { next: 'ends', ending: said.ending }
  return said.word === 'changes' ? sentBackBy(execution, verdict, said) : { next: 'stands' }
}

const mayBeSentBack = ({ found, task }: Execution): boolean => found.send_backs === 0 && task.agent.kind !== 'transform'

/** The review may send a run back once, whoever does. */
async function sentBackBy(execution: Execution, verdict: Verdict, asked: Asked): Promise<Next> {
  if (!mayBeSentBack(execution))
    return { next: 'ends', ending: noWayLeft(asked.by, asked.words, 'The review has sent this run back before.') }
  await countSendBack(execution, verdict)
  return workAgain(execution, asked, 'repairing')
}

async function countSendBack({ found, journal }: Execution, verdict: Verdict): Promise<void> {
  found.send_backs = 1
  await journal.advance('repairing', { judge_send_backs: 1, gates: { judge: verdict.answer } })
}

async function sendBack(execution: Execution, verdict: Verdict): Promise<Next> {
  await countSendBack(execution, verdict)
  const refs = new Map(execution.found.judgement?.reasons.map(({ text, evidence_refs }) => [text, evidence_refs]))
  const reasons = verdict.findings.map(({ message }) => [message, ...(refs.get(message) ?? [])].join(' '))
  const opening = openingForRepair({
    kind: 'judge',
    reason: verdict.reason,
    diagnosis: reasons.join('\n'),
    sign: need(execution, 'sign'),
  })
  return { next: 'works', outcome: await work(execution, 'repairing', opening) }
}

function notAccepted(verdict: Verdict): Next {
  const failure = verdict.answer === 'unavailable' ? 'judge_unavailable' : 'judge_rejected'
  const what = verdict.answer === 'unavailable' ? 'No judge could be reached.' : 'The judge does not accept the change.'
  return { next: 'ends', ending: { kind: 'end', state: 'needs_human', failure, what, why: verdict.reason } }
}

/** What the gates said of the tree, as the guards of the lifecycle read it. */
function answersOf({ found }: Execution): { readonly [gate in GateName]?: GateAnswer } {
  return Object.fromEntries([...found.verdicts].map(([gate, verdict]) => [gate, verdict.answer]))
}
