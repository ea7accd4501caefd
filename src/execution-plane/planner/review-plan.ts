import type { Plan } from '#domain/plan'
import type { RiskTier } from '#domain/risk'
import { shownCommand } from '#domain/verification'
import { checkPlan } from './check-plan.ts'
import { matcher, pathsIn, writes } from './plan-paths.ts'
import type { PlanGround, PlanQuestion } from './plan-ground.ts'
import { finding, isPlanRule, type PlanFinding } from './plan-rules.ts'

/** So many of the likely files a plan should look at, or rule out. */
const FIRST = 3
/** The platform runs its profile whatever a plan says. */
const OF_PROFILE = /\bprofile\b/i
const REPRODUCES = /\b(reproduc\w*|fail(s|ing|ure)?|red|regression)\b/i

/**
 * Everything that is to be said of a plan, by rule, errors first. Where only warnings are left it may be edited by, as
 * `checkPlan` has it; warnings go into the plan's record.
 */
export function reviewPlan(plan: Plan, question: PlanQuestion): readonly PlanFinding[] {
  const errors = checkPlan(plan, question.task).map(({ rule, message }) =>
    isPlanRule(rule) ? finding(rule, message) : finding('scope_limited', message),
  )
  return [
    ...errors,
    ...ownWords(plan, question),
    ...approvalWarnings(plan, question),
    ...groundWarnings(plan, question.ground),
  ]
}

function ownWords(plan: Plan, { task, profile, ground }: PlanQuestion): readonly PlanFinding[] {
  const found: PlanFinding[] = []
  if (isEmpty(plan.assumptions))
    found.push(
      finding('assumptions_explicit', 'No assumption is named; say what is taken for granted, or that nothing is.'),
    )
  if (isEmpty(plan.constraints) && task.constraints.length > 0)
    found.push(
      finding('constraints_explicit', `The task has ${task.constraints.length} constraints and the plan names none.`),
    )
  const steps = plan.steps.map((step) => `${step.action} ${step.target} ${step.expected_evidence}`)
  if (task.is_fix && !steps.some((words) => REPRODUCES.test(words)))
    found.push(finding('reproduction_planned', 'No step shows the fault failing before it is mended.'))
  const required = (profile?.phases ?? []).map((phase) => shownCommand(phase))
  const commands = [
    ...required,
    ...(ground?.commands ?? []),
    ...(ground?.focused_command ? [ground.focused_command] : []),
  ]
  const proves = (entry: string) =>
    OF_PROFILE.test(entry) || commands.some((command) => command.trim() !== '' && runs(entry, command))
  if (required.length > 0 && !plan.verification.some(proves))
    found.push(
      finding(
        'verification_runs',
        `None of the named checks is a command of the repository, such as \`${required[0]}\`.`,
      ),
    )
  return found
}

function approvalWarnings(plan: Plan, { task }: PlanQuestion): readonly PlanFinding[] {
  if (task.risk === undefined) return []
  const found: PlanFinding[] = []
  const { tier, required_approvals } = task.risk
  if (GRAVITY[plan.risk] < GRAVITY[tier])
    found.push(finding('risk_stated', `The plan calls the risk ${plan.risk}; the platform found ${tier}.`))
  const words = [...plan.constraints, ...plan.assumptions, ...plan.steps.map(({ action }) => action)].join('\n')
  const unsaid = required_approvals.filter((kind) => !words.toLowerCase().includes(kind.replaceAll('_', ' ')))
  if (unsaid.length > 0 && !/\bapprov/i.test(words))
    found.push(
      finding('approval_stated', `The change needs the approval of ${unsaid.join(', ')}, which the plan does not say.`),
    )
  return found
}

/** A plan has no word beyond `high`. */
const GRAVITY: Readonly<Record<RiskTier, number>> = { low: 0, medium: 1, high: 2, critical: 2 }

function groundWarnings(plan: Plan, ground: PlanGround | undefined): readonly PlanFinding[] {
  if (ground === undefined) return []
  const { likely, push_limits } = ground
  const unpushable = matcher(push_limits?.unpushable ?? [])
  const found: PlanFinding[] = []
  const words = plan.steps.map(({ target }) => target).join('\n')
  const first = likely.slice(0, FIRST).map(({ path }) => path)
  if (first.length === FIRST && !likely.some(({ path }) => words.includes(path) || words.includes(nameOf(path))))
    found.push(
      finding('likely_considered', `No step looks at a file that fits the request, such as ${first.join(', ')}.`),
    )
  const stuck = plan.steps
    .filter(writes)
    .flatMap(({ target }) => pathsIn(target))
    .filter(unpushable)
  if (stuck.length > 0)
    found.push(
      finding('target_pushable', `The forge's token may not push ${[...new Set(stuck)].slice(0, 3).join(', ')}.`),
    )
  return found
}

const isEmpty = (entries: readonly string[]): boolean => entries.every((entry) => entry.trim() === '')

/** What stands without its folder must be long enough to mean this file. */
const nameOf = (path: string): string => {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '')
  return name.length >= 5 ? name : path
}

/** Same program and subcommand: arguments may differ, as for a focused test. */
const runs = (entry: string, command: string): boolean => {
  const head = (text: string) => text.toLowerCase().split(/\s+/).slice(0, 2).join(' ')
  return entry.toLowerCase().includes(head(command))
}
