import type { JsonObject } from '#domain/json'
import type { Match } from './match.ts'

/** What a task about dependencies has its leave for by being one. */
const LEFT_TO_TASK = ['dependency.added', 'dependency.major', 'dependency.locked_alone']

/** Whether packages may be added or raised: in a task about dependencies the plain cases are open, a person decides the rest. */
export function dependencyRules({ dependency_task, asked_by, packages }: JsonObject): readonly Match[] {
  const rules = Array.isArray(asked_by) ? asked_by.filter((rule) => typeof rule === 'string') : []
  const named = Array.isArray(packages) ? packages.filter((name) => typeof name === 'string') : []
  const left = dependency_task === true ? rules.filter((rule) => !LEFT_TO_TASK.includes(rule)) : rules
  if (rules.length > 0 && left.length === 0)
    return [
      {
        policy: 'platform',
        rule: 'dependency.task',
        effect: 'allow',
        why: 'the task is about dependencies and names no other question',
      },
    ]
  const shown = named.slice(0, 5).join('; ')
  const more = named.length > 5 ? ` and ${named.length - 5} more` : ''
  const why =
    dependency_task === true
      ? `a person decides about ${shown}${more}`
      : `the task is not about dependencies, so a person decides about ${shown}${more}`
  return [{ policy: 'platform', rule: left[0] ?? 'dependency.unknown', effect: 'ask', why }]
}
