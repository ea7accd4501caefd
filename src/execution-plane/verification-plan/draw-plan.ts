import { createHash } from 'node:crypto'
import picomatch from 'picomatch'
import { canonicalJson } from '#domain/json'
import {
  makePlan,
  planSubject,
  type AskedPlan,
  type PlanFacts,
  type PlanScope,
  type VerificationPlan,
  type VerificationProfile,
} from '#domain/verification'

/** The plan of a run with its version: the hash of the rules and of what is asked for besides them. */
export const drawPlan = (facts: PlanFacts): VerificationPlan => ({
  ...makePlan(facts),
  version: createHash('sha256')
    .update(canonicalJson(plain(planSubject(facts.asked))))
    .digest('hex'),
})

/** Without members that are there and undefined, which canonical JSON has no word for. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Parameters<typeof canonicalJson>[0]

/** What is known of a change when it is asked which terms are about it. */
interface AboutChange {
  readonly paths: readonly string[]
  readonly task_class: string
}

/** What a profile's own file asks for of this change. */
export function askedByRepository(
  { plan, found_by }: Pick<VerificationProfile, 'plan' | 'found_by'>,
  about: AboutChange,
): readonly AskedPlan[] {
  if (plan === undefined) return []
  const { where = [], ...always } = plan
  const some = where.flatMap(({ paths, task_classes, ...terms }) =>
    isAbout({ paths, task_classes }, about) ? [terms] : [],
  )
  return [always, ...some].filter((terms) => Object.keys(terms).length > 0).map((terms) => ({ by: found_by, terms }))
}

function isAbout({ paths = [], task_classes = [] }: PlanScope, about: AboutChange): boolean {
  const covers = paths.map((glob) => picomatch([glob, `${glob.replace(/\/+$/, '')}/**`], GLOBS))
  return (
    (paths.length === 0 || about.paths.some((path) => covers.some((matches) => matches(path)))) &&
    (task_classes.length === 0 || task_classes.some((name) => isNamed(name, about.task_class)))
  )
}

// As policies match: no negation, and nothing that makes matching slow.
const GLOBS = { dot: true, nonegate: true, noextglob: true, nocase: true } as const

const isNamed = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name

/** A profile with phases of another's, under a version of its own. */
export const partOfProfile = (profile: VerificationProfile): VerificationProfile => ({
  ...profile,
  version: createHash('sha256')
    .update(canonicalJson(plain([profile.version, profile.phases])))
    .digest('hex'),
})
