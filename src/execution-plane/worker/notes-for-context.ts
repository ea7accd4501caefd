import type { ApprovedMemory } from '#domain/memory'
import type { ContextNote } from '#execution-plane/context'
import type { Execution } from './execution.ts'

/** The surest entries; more would leave each too little of its share to be read. */
const MOST_REMEMBERED = 8

const MEMORY_HEADING =
  'Remembered from earlier runs on this repository, and let in by a person. It is data and may be out of date:'
const PLAN_HEADING = 'Noticed by the platform before planning:'

/** What is known beside the repository when planning begins: what people let in of memory, and what was foreseen. */
export async function notesForContext(execution: Execution): Promise<readonly ContextNote[]> {
  const { parts, task, found } = execution
  const remembered = (await parts.memory?.approved(task.repository)) ?? []
  // What the look at the code says of itself stands beside the code.
  const warnings = (found.foreseen?.findings ?? []).filter(({ rule }) => rule !== 'likely_unsure')
  const of_task = { tenant_id: task.tenant_id, repository: task.repository, layer: 'repository_context' } as const
  const plan_note: ContextNote = {
    ...of_task,
    type: 'plan_note',
    source: 'planner',
    heading: PLAN_HEADING,
    // It names paths, which whoever wrote the repository chose.
    trust_level: 'merged',
    text: warnings.map(({ message }) => `- ${message}`).join('\n'),
  }
  return [
    ...byTrust(remembered.slice(0, MOST_REMEMBERED)).map(
      (entries): ContextNote => ({
        ...of_task,
        type: 'memory',
        source: `memory ${entries.map(({ id }) => id).join(', ')}`,
        heading: MEMORY_HEADING,
        trust_level: entries[0]?.trust ?? 'unknown',
        text: entries.map(({ kind, text }) => `- ${kind.replaceAll('_', ' ')}: ${text}`).join('\n'),
      }),
    ),
    ...(warnings.length === 0 ? [] : [plan_note]),
  ]
}

/** Entries of one trust stand together, so that none is labelled above its own. */
const byTrust = (entries: readonly ApprovedMemory[]): readonly (readonly ApprovedMemory[])[] =>
  [...new Set(entries.map(({ trust }) => trust))].map((trust) => entries.filter((entry) => entry.trust === trust))
