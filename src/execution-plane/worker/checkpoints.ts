import { riskLevelCap } from '#domain/autonomy'
import { atMostLevel, BUILT_IN_PROFILES, type CheckpointPhase, type WorkflowProfile } from '#domain/workflow'
import type { GateName, Verdict } from '#domain/gate'
import type { EventDraft } from '#domain/event'
import { answerTo, askPeople, takenUp } from './approval-question.ts'
import { gateAnswered, type Ending, type Execution } from './execution.ts'
import { previewOf } from './approval-preview.ts'

/** What a person said at a checkpoint, or that the run waits for it. */
export type Word =
  | { readonly word: 'go_on'; readonly by: string }
  | { readonly word: 'changes'; readonly by: string; readonly words: string }
  | { readonly word: 'waits'; readonly ending: Ending }

/** What a checkpoint is about; `round` counts from 0 within its phase. */
interface Point {
  readonly round: number
  /** What is looked at, so that an answer is bound to it: a plan's or a tree's hash. */
  readonly subject: readonly string[]
  /** One sentence for the person who answers. */
  readonly reason: string
  /** Part of the key where a person is asked once more in the same round; absent: the first time. */
  readonly again?: string
}

const GO_ON: Word = { word: 'go_on', by: 'the profile' }

/**
 * The profile of the run: the one its contract was given, else that of level 3, with no higher level than the last
 * reading of its risk leaves. A patch that leaves nothing behind keeps its own.
 */
export function workflowOf({ task, run, found }: Execution): WorkflowProfile {
  const given = task.workflow ?? BUILT_IN_PROFILES[3]
  return found.risk === undefined ? given : atMostLevel(given, riskLevelCap(found.risk, run.mode).level)
}

/** Asks whether to go on after a phase, where the profile has a checkpoint there. */
export async function checkpoint(execution: Execution, phase: CheckpointPhase, point: Point): Promise<Word> {
  const rule = workflowOf(execution).phases[phase].checkpoint
  if (rule === null) return GO_ON
  const { timeout_minutes: valid_minutes, on_timeout } = rule
  return word(execution, {
    ...point,
    reason: `${point.reason.replace(/\.$/, '')}.${becauseOfRisk(execution)}`,
    key: `checkpoint:${phase}`,
    action: `checkpoint.after_${phase}`,
    valid_minutes,
    on_timeout,
  })
}

/** Why a run that was granted a higher level asks all the same; nothing where its own profile asks. */
function becauseOfRisk(execution: Execution): string {
  const { task, found } = execution
  const granted = task.workflow?.level ?? 3
  const { level } = workflowOf(execution)
  if (found.risk === undefined || level >= granted) return ''
  const { tier, reasons } = found.risk
  const why = reasons.filter((each) => each.tier === tier).map(({ reason }) => reason)
  return ` You are asked because the risk is ${tier}, which leaves level ${level} and not ${granted}: ${why.join('; ')}.`
}

/** Hands a gate's no to a person. Only the judge can be overruled; elsewhere they say what must change, or stop. */
export async function askAfterNo(
  execution: Execution,
  { gate, reason }: Verdict,
  point: Omit<Point, 'reason'>,
): Promise<Word> {
  const rule = workflowOf(execution).phases[gate === 'judge' ? 'review' : 'test'].checkpoint
  return word(execution, {
    ...point,
    reason: `The ${gate} gate says no: ${reason}`,
    key: `gate_asked:${gate}${point.again ?? ''}`,
    action: `gate.${gate}`,
    valid_minutes: rule?.timeout_minutes ?? 24 * 60,
    on_timeout: 'stop',
  })
}

interface Asked extends Point {
  readonly key: string
  readonly action: string
  readonly valid_minutes: number
  readonly on_timeout: 'stop' | 'continue'
}

async function word(execution: Execution, asked: Asked): Promise<Word> {
  const { journal } = execution
  const { round, subject, action, reason, valid_minutes, on_timeout } = asked
  const key = `${asked.key}:${round}`
  const question = { kind: 'checkpoint', action, subject, reason, valid_minutes, on_timeout } as const
  const answer = journal.recorded(key) ? undefined : await answerTo(execution, question)
  if (answer === undefined && !journal.recorded(key))
    return { word: 'waits', ending: await askPeople(execution, { ...question, preview: previewOf(execution) }) }
  const given = await journal.perform({ key, kind: 'gate', request: { action, subject: [...subject] } }, async () => {
    if (answer === undefined) throw new Error(`${key} is on record`)
    return takenUp(answer)
  })
  const by = given.by.join(', ')
  return given.decision === 'changes_requested' ? { word: 'changes', by, words: given.words } : { word: 'go_on', by }
}

/** A person's decision against a gate goes on record as such, beside what the gate said. */
export async function overrule(execution: Execution, verdict: Verdict, by: string, round: number): Promise<Verdict> {
  const overruled: Verdict = {
    ...verdict,
    answer: 'pass',
    decided_by: 'person',
    reason: `${by} decided against the ${verdict.gate}, which said: ${verdict.reason}`,
  }
  await onRecord(execution, overruled, { key: `overruled:${verdict.gate}:${round}`, by })
  return overruled
}

/** A no that the profile takes as a warning lets the run go on, and stays in sight. */
export async function warned(execution: Execution, verdict: Verdict, round: number): Promise<Verdict> {
  const shown: Verdict = {
    ...verdict,
    answer: 'not_required',
    reason: `the profile takes a no of the ${verdict.gate} as a warning; it said: ${verdict.reason}`,
    findings: verdict.findings.map((finding) => ({ ...finding, severity: 'warning' as const })),
  }
  await onRecord(execution, shown, { key: `warned:${verdict.gate}:${round}`, by: 'the profile' })
  return shown
}

async function onRecord(
  execution: Execution,
  verdict: Verdict,
  { key, by }: { readonly key: string; readonly by: string },
) {
  const { journal, found } = execution
  const { gate, reason } = verdict
  const overruled: readonly EventDraft[] =
    verdict.decided_by === 'person'
      ? [{ event: 'gate_overruled', facts: { gate: gate satisfies GateName, by, reason } }]
      : []
  await journal.perform({ key, kind: 'gate', request: { gate } }, async () => ({
    value: verdict.answer,
    events: [...overruled, gateAnswered(verdict)],
  }))
  found.verdicts.set(gate, verdict)
}

/** What the agent reads when a person wants something else; an instruction, as it comes from people. */
export const openingForChanges = (words: string, phase: 'planning' | 'editing' | 'repairing'): string =>
  [
    `A person has looked at the work and asks for changes. The phase is ${phase}.`,
    `They say: ${words === '' ? '(nothing more)' : words}`,
    phase === 'planning'
      ? 'Make the plan anew with that in mind and submit it.'
      : 'Make these changes inside the contract and call finish. If that cannot be done, report_blocked with the reason.',
  ].join('\n\n')

/** The end of a run whose person asks for changes that it has no way left to make. */
export const noWayLeft = (by: string, words: string, why: string): Ending => ({
  kind: 'end',
  state: 'needs_human',
  failure: 'not_repaired',
  what: `${by} asks for changes: ${words === '' ? 'no words were given' : words}`,
  why,
})
