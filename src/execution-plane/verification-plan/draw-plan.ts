import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import {
  makePlan,
  planSubject,
  type PlanFacts,
  type VerificationPlan,
  type VerificationProfile,
} from '#domain/verification'

/** The plan of a run with its version: the hash of the rules and of what the repository asks for. */
export const drawPlan = (facts: PlanFacts): VerificationPlan => ({
  ...makePlan(facts),
  version: createHash('sha256')
    .update(canonicalJson(plain(planSubject(facts.terms))))
    .digest('hex'),
})

/** Without members that are there and undefined, which canonical JSON has no word for. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Parameters<typeof canonicalJson>[0]

/** A profile with phases of another's, under a version of its own. */
export const partOfProfile = (profile: VerificationProfile): VerificationProfile => ({
  ...profile,
  version: createHash('sha256')
    .update(canonicalJson(plain([profile.version, profile.phases])))
    .digest('hex'),
})
