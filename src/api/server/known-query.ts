import { GanderError } from '#domain/failure'

interface Contracted {
  readonly '~orpc': { readonly inputSchema?: unknown }
}

/**
 * Refuses a query member that a route does not take: a filter that is misspelt would else list everything.
 * @throws GanderError `usage`
 */
export function refuseUnknownQuery({ '~orpc': { inputSchema } }: Contracted, input: unknown): void {
  const known = Object.keys(membersOf(shapeOf(shapeOf(inputSchema)['query'])))
  const unknown = Object.keys(membersOf(membersOf(input)['query'])).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  const names = unknown.slice(0, 20).map((name) => name.slice(0, 100))
  const problems = names.map((name) => `${name}: is not a member of this query`)
  throw new GanderError('usage', `This route takes no ${names.join(', ')} in its query.`, {
    remedy: known.length === 0 ? 'Leave the query out.' : `It takes ${known.join(', ')}.`,
    facts: { problems },
  })
}

/** The members of a schema, as far as it is one of an object. */
const shapeOf = (schema: unknown): Readonly<Record<string, unknown>> => membersOf(membersOf(schema)['shape'])

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
