import type { OrderDraft } from '#ports'
import { shorten } from './issue-sections.ts'
import { parseLocated } from './parse-located.ts'
import { choices, readable } from './read-issue.ts'
import { TASK_SCHEMA } from './task-schema.ts'

/** Reads a task file, YAML or JSON (which YAML contains), in snake_case or camelCase. */
export function readTaskFile(raw: string, name: string): OrderDraft {
  const task = parseLocated(readable(raw, name), TASK_SCHEMA, { name, lines_before: 0 })
  const { objective, description, title, ...rest } = task
  return {
    ...choices(rest),
    repository: task.repository ?? null,
    ...(task.sandbox_profile === undefined ? {} : { sandbox: task.sandbox_profile }),
    ...(task.gate_authority === undefined ? {} : { level: task.gate_authority }),
    ...(task.capability === undefined ? {} : { capability: task.capability }),
    ...(task.policy === undefined ? {} : { policy: task.policy }),
    words: {
      source: 'task_file',
      source_url: null,
      title: title ?? shorten(objective.split(/(?<=[.!?])\s|\n/)[0] ?? objective),
      description: description === undefined ? objective : `${objective}\n\n${description}`,
      acceptance_criteria: task.success_criteria ?? [],
      constraints: task.constraints ?? [],
      deadline: task.deadline ?? null,
      attachments: task.attachments ?? [],
      risk_hints: task.risk_hints ?? [],
      expected_output: task.expected_output ?? null,
      owner: task.owner ?? null,
    },
  }
}
