import { z } from 'zod'
import type { Plan, PlanDefect, PlanStep } from '#domain/plan'
import { parsePath } from '#domain/path'
import { plainText } from '../excerpt.ts'
import { defineTool, failedRun, failure, prepared, type ToolContext, type ToolRun } from '../tool.ts'

const text = z.string().max(4000).transform(plainText)
const texts = z.array(text).max(60)

const schema = z.strictObject({
  objective: text,
  assumptions: texts,
  constraints: texts,
  steps: z.array(z.strictObject({ id: text, action: text, target: text, expected_evidence: text })).max(60),
  verification: texts,
  forbidden: texts,
  risk: z.enum(['low', 'medium', 'high']),
})

/** Hands in the plan that planning ends with; a poor one goes back with the reasons. */
export const submitPlan = defineTool({
  name: 'submit_plan',
  version: '1.0.0',
  description: 'Hand in the plan; editing starts when it is accepted. verification: commands that prove the change.',
  schema,
  prepare: async (plan, context) => prepared({ paths: [], act: () => judge(plan, context) }),
})

async function judge(proposed: Plan, context: ToolContext): Promise<ToolRun> {
  const plan = await withoutSecrets(proposed, context)
  if (plan === undefined)
    return failedRun(failure('plan.secret', 'The plan holds what looks like a secret; write it without.'))
  const kept = await context.keep('plan', 'plan.json', `${JSON.stringify(plan, null, 2)}\n`)
  const defects = [...context.checkPlan(plan), ...protectedTargets(plan, context)]
  if (defects.length > 0) {
    const facts = { plan_hash: kept.sha256, defects: [...new Set(defects.map(({ rule }) => rule))] }
    const reasons = defects.slice(0, 12).map(({ message }) => `- ${message}`)
    const problem = failure(
      'plan.defects',
      `The plan was not accepted. Mend this and submit it again:\n${reasons.join('\n')}`,
    )
    return { ...failedRun(problem), artifacts: [kept], events: [{ event: 'plan_returned', facts }] }
  }
  const facts = { plan_hash: kept.sha256, steps: plan.steps.length, constraints: plan.constraints.length }
  return {
    text: 'The plan is accepted.',
    control: { kind: 'plan_accepted', plan, plan_sha256: kept.sha256 },
    artifacts: [kept],
    events: [{ event: 'plan_created', facts }],
  }
}

/** The plan as it may be stored and shown; undefined where cutting out a secret leaves no plan. */
async function withoutSecrets(plan: Plan, context: ToolContext): Promise<Plan | undefined> {
  const text = JSON.stringify(plan)
  const redacted = await context.redact(text)
  if (redacted === text) return plan
  try {
    const parsed = schema.safeParse(JSON.parse(redacted))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

// A step that only looks may name what it must not change.
const LOOKS =
  /^(inspect|read|look|review|check|confirm|verify|list|find|locate|search|understand|analy[sz]e|reproduce|run|execute|test|compare|measure|keep|leave)\b/i

/** Targets that policy closes to every change; the scope's own globs are the business of `checkPlan`. */
function protectedTargets(plan: Plan, context: ToolContext): readonly PlanDefect[] {
  return plan.steps
    .filter(({ action }) => !LOOKS.test(action.trim()))
    .flatMap((step) => pathsOf(step).flatMap((path) => defect(step, path, context)))
}

function defect({ id }: PlanStep, path: string, context: ToolContext): readonly PlanDefect[] {
  const decision = context.aboutPath(path)
  const isProtected = decision.matched_rules.some(
    ({ rule, effect }) => effect !== 'allow' && rule.startsWith('protected.'),
  )
  return isProtected ? [{ rule: 'target_protected', message: `Step ${id}: ${decision.explanation}` }] : []
}

/** What looks like a path in a target: it has a slash or a file ending. */
const pathsOf = ({ target }: PlanStep): readonly string[] =>
  target
    .split(/[\s,;`'"()]+/)
    .map((word) => word.replace(/^\.\//, '').replace(/[.:/]+$/, ''))
    .filter((word) => /[/.]/.test(word) && !word.includes('://') && parsePath(word).ok)
