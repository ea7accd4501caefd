import { readDocument, shownProblems } from '#documents'
import { GanderError } from '#domain/failure'
import type { z } from 'zod'

/** What is read and where it came from, for messages. */
interface Source {
  readonly name: string
  /** Lines of the file above the first line of the text. */
  readonly lines_before: number
}

/** Reads what says a task, in snake_case or camelCase. @throws GanderError `task_invalid`, with each wrong field */
export function parseLocated<Schema extends z.ZodType>(text: string, schema: Schema, source: Source): z.infer<Schema> {
  const read = readDocument(text, schema, { ...source, camel_case: true, such_as: 'objective' })
  if (read.ok) return read.value
  throw new GanderError('task_invalid', `${source.name} is not a valid task: ${shownProblems(read.refusal)}`, {
    facts: { problems: [...read.refusal] },
  })
}
