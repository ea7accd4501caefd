import { approvalsToPublish } from '#domain/autonomy'
import type { Task } from '#domain/task'
import { CHECKPOINT_PHASES, LEVEL_NAMES } from '#domain/workflow'

/** How risky a task is, what it was granted and why, and what is asked of people: a label and a sentence each. */
export function termsOf(task: Task): readonly (readonly [string, string])[] {
  return [...risk(task), ...autonomy(task), ...people(task)]
}

function risk({ risk: reading }: Task): readonly (readonly [string, string])[] {
  if (reading === undefined) return []
  const reasons = reading.reasons.filter(({ tier }) => tier === reading.tier).map(({ reason }) => reason)
  return [['risk', reasons.length === 0 ? reading.tier : `${reading.tier}: ${reasons.join('; ')}`]]
}

function autonomy({ mode, workflow, autonomy: granted }: Task): readonly (readonly [string, string])[] {
  if (workflow === undefined) return []
  const less = [
    ...(granted?.reach.limited_by ?? []).map(({ reason }) => `not ${granted?.reach.wanted ?? ''}: ${reason}`),
    ...(granted?.level.limited_by ?? []).map(({ reason }) => `not level ${granted?.level.wanted ?? ''}: ${reason}`),
  ]
  return [
    ['autonomy', `${mode}, level ${workflow.level} (${LEVEL_NAMES[workflow.level]})`],
    ...less.map((text) => ['', text] as const),
  ]
}

/** Where the run will wait for somebody; nothing is told where it will not. */
function people({ mode, workflow, risk: reading, grant }: Task): readonly (readonly [string, string])[] {
  const points = CHECKPOINT_PHASES.filter((phase) => (workflow?.phases[phase].checkpoint ?? null) !== null)
  const of_risk = reading === undefined ? [] : approvalsToPublish(reading, mode).map(({ kind }) => kind)
  const of_capability = mode === 'draft_pr' ? (grant?.approvals ?? []).map(({ kind }) => kind) : []
  const kinds = [...new Set([...of_risk, ...of_capability])].map((kind) => kind.replaceAll('_', ' '))
  const asked = [
    ...(points.length === 0 ? [] : [`whether to go on after ${points.join(', ')}`]),
    ...(kinds.length === 0 ? [] : [`before it is published, approval of ${kinds.join(', ')}`]),
  ]
  return asked.map((text, at) => [at === 0 ? 'asks' : '', text] as const)
}
