import { coversHost, POLICY_LEVELS, reachesFurther, type PolicyDocument } from '#domain/policy'

/**
 * What a document says that is wider than what the levels above it say already. It would have no effect, since the
 * smallest figure counts; that it was written tells of somebody who believes otherwise.
 */
export function wideningProblems(document: PolicyDocument, above: readonly PolicyDocument[]): readonly string[] {
  const upper = above.filter((each) => POLICY_LEVELS.indexOf(each.level) < POLICY_LEVELS.indexOf(document.level))
  return upper.flatMap((each) => [
    ...modeProblems(document, each),
    ...figureProblems(document, each),
    ...hostProblems(document, each),
  ])
}

function modeProblems(lower: PolicyDocument, upper: PolicyDocument): readonly string[] {
  if (lower.max_mode === null || upper.max_mode === null || !reachesFurther(lower.max_mode, upper.max_mode)) return []
  return [wider(lower, upper, 'max_mode', lower.max_mode, upper.max_mode)]
}

function figureProblems(lower: PolicyDocument, upper: PolicyDocument): readonly string[] {
  const [mine, theirs] = [figures(lower), figures(upper)]
  return [...mine].flatMap(([name, figure]) => {
    const cap = theirs.get(name)
    return cap === undefined || figure <= cap ? [] : [wider(lower, upper, name, figure, cap)]
  })
}

/** Every number of a document by its dotted name. */
export function figures(document: PolicyDocument): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const name of ['max_autonomy_tier', 'max_autonomy_level'] as const) {
    const figure = document[name]
    if (figure !== null) found.set(name, figure)
  }
  for (const [scope, caps] of Object.entries(document.budgets))
    for (const [name, figure] of Object.entries(caps ?? {}) as [string, unknown][])
      if (typeof figure === 'number') found.set(`budgets.${scope}.${name}`, figure)
  return found
}

function hostProblems(lower: PolicyDocument, upper: PolicyDocument): readonly string[] {
  const open = upper.egress.allowed_hosts
  if (open === null) return []
  return (lower.egress.allowed_hosts ?? [])
    .filter((host) => !open.some((pattern) => pattern === host || coversHost(pattern, host.replace(/^\*\./, 'any.'))))
    .map((host) => `egress.allowed_hosts of ${lower.name}: ${host} is not open in ${upper.name}, and stays closed`)
}

const wider = (lower: PolicyDocument, upper: PolicyDocument, field: string, ...[mine, theirs]: readonly unknown[]) =>
  `${field} of ${lower.name}: ${String(mine)} is more than ${String(theirs)} of ${upper.name}; a level can only take away`
