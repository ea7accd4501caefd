import type { RiskFacts } from './risk-facts.ts'
import type { RiskCondition } from './risk-rules.ts'

type Check = (condition: RiskCondition, facts: RiskFacts) => boolean

const some = <Value>(wanted: readonly Value[] | undefined, there: readonly Value[]): boolean =>
  wanted === undefined || wanted.some((each) => there.includes(each))
const same = <Value>(wanted: Value | undefined, there: Value | null): boolean =>
  wanted === undefined || wanted === there

/** One check for each member of a condition; a member that is absent asks for nothing. */
const CHECKS: readonly Check[] = [
  ({ words }, facts) => some(words, facts.words),
  ({ domains }, facts) => some(domains, facts.domains),
  ({ agreed_tier }, facts) => same(agreed_tier, facts.agreed_tier),
  ({ paths }, facts) => paths === undefined || facts.paths.some((path) => matches(paths, path)),
  ({ unless_only }, { paths }) =>
    unless_only === undefined || paths.length === 0 || !paths.every((path) => matches(unless_only, path)),
  ({ runtime }, facts) => some(runtime, [facts.runtime]),
  ({ data }, facts) => some(data, facts.data),
  ({ touches }, { scope }) => touches === undefined || scope[touches],
  ({ more_files_than }, { scope }) => more_files_than === undefined || scope.max_changed_files > more_files_than,
  ({ reversibility }, facts) => some(reversibility, [facts.reversibility]),
  ({ has_tests }, facts) => same(has_tests, facts.has_tests),
  ({ has_owner }, facts) => same(has_owner, facts.has_owner),
  ({ coverage }, facts) => coverage === undefined || facts.coverage === null,
  ({ during_incident }, facts) => same(during_incident, facts.during_incident),
  ({ stated }, { stated_hints }) => stated === undefined || stated_hints.length > 0,
]

const matches = (pattern: string, path: string): boolean => new RegExp(pattern).test(path.toLowerCase())

/** Whether every member of a condition holds for these facts. */
export const holds: Check = (condition, facts) => CHECKS.every((check) => check(condition, facts))
