import type { Plan } from '#domain/plan'

/** Writes a plan as Markdown, each entry on one line whatever its author put into it. */
export function renderPlan(plan: Plan): string {
  const sections = [
    `**Objective:** ${line(plan.objective)}`,
    `**Risk:** ${plan.risk}`,
    section(
      'Steps',
      plan.steps.map(
        (step, index) =>
          `${index + 1}. ${line(step.id)}: ${line(step.action)}\n   - target: ${line(step.target)}\n   - expected evidence: ${line(step.expected_evidence)}`,
      ),
    ),
    section('Verification', bullets(plan.verification)),
    section('Forbidden', bullets(plan.forbidden)),
    section('Assumptions', bullets(plan.assumptions)),
    section('Constraints', bullets(plan.constraints)),
  ]
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`
}

const section = (title: string, entries: readonly string[]): string =>
  entries.length === 0 ? '' : `**${title}**\n\n${entries.join('\n')}`

const bullets = (entries: readonly string[]): readonly string[] => entries.map((entry) => `- ${line(entry)}`)

const line = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim()
