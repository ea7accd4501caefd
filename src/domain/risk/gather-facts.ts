import { isDependencyPath, isInterfacePath, isMigrationPath } from '../path/index.ts'
import type { RiskFacts, RiskTier } from './risk-facts.ts'

/** What a contract says, as far as it tells of risk. */
interface RiskSubject {
  readonly title: string
  readonly objective: string
  readonly constraints: readonly string[]
  readonly risk_hints: readonly string[]
  readonly owner: string | null
  readonly scope: { readonly allowed_paths: readonly string[]; readonly max_changed_files: number }
}

/** What an operator registered about a repository; absent members are unknown. */
interface RiskRegistration {
  readonly tier?: RiskTier | null
  readonly domains?: readonly string[]
  readonly runtime?: RiskFacts['runtime']
  readonly data?: RiskFacts['data']
  readonly coverage?: number | null
  readonly during_incident?: boolean
}

/** What an agreement says of the risk of its repository, as rules read it; without one nothing is known. */
export const registrationOf = (
  agreed:
    | {
        readonly risk_tier: RiskTier | null
        readonly domains: readonly string[]
        readonly runtime: RiskFacts['runtime'] | null
        readonly data_classes: RiskFacts['data']
        readonly coverage: number | null
      }
    | undefined,
): RiskRegistration =>
  agreed === undefined
    ? {}
    : {
        tier: agreed.risk_tier,
        domains: agreed.domains,
        runtime: agreed.runtime ?? 'unknown',
        data: agreed.data_classes,
        coverage: agreed.coverage,
      }

const OWNERS = /^(\.github\/|\.gitlab\/|docs\/)?codeowners$|(^|\/)owners$/
const TEST_FILES = /(^|\/)(tests?|specs?|__tests__)\/|[._-](test|spec)\.\w+$|(^|\/)test_\w+\.py$|tests?\.(java|kt|cs)$/
/** What stands around a path in a sentence. */
const AROUND = /^["'`([{<]+|["'`)\]}>.,:;!?]+$/g

/** The facts of a task before any work: its contract, the names of the files of the base commit, and what is registered. */
export function factsOfTask(
  subject: RiskSubject,
  files: readonly string[],
  registered: RiskRegistration = {},
): RiskFacts {
  const folded = files.map((path) => path.toLowerCase())
  const said = [subject.title, subject.objective, ...subject.constraints].join('\n').toLowerCase()
  const there = new Set(folded)
  const named = said
    .split(/\s+/)
    .map((word) => word.replaceAll(AROUND, ''))
    .filter((path) => there.has(path))
  const paths = [...new Set([...subject.scope.allowed_paths, ...named])]
  return {
    words: [...new Set(said.match(/[\p{L}\p{N}]+/gu) ?? [])],
    domains: (registered.domains ?? []).map((domain) => domain.toLowerCase()),
    agreed_tier: registered.tier ?? null,
    paths,
    runtime: registered.runtime ?? 'unknown',
    data: registered.data ?? [],
    scope: scopeOf(paths, subject.scope.max_changed_files),
    reversibility: reversibilityOf(paths),
    coverage: registered.coverage ?? null,
    has_tests: folded.some((path) => TEST_FILES.test(path)),
    has_owner: subject.owner !== null || folded.some((path) => OWNERS.test(path)),
    during_incident: registered.during_incident ?? false,
    stated_hints: subject.risk_hints,
  }
}

/** The same facts for what was really changed: the paths of the diff take the place of those that were expected. */
export function factsOfChange(expected: RiskFacts, changed: readonly string[]): RiskFacts {
  return {
    ...expected,
    paths: changed,
    scope: scopeOf(changed, changed.length),
    reversibility: reversibilityOf(changed),
  }
}

function scopeOf(paths: readonly string[], max_changed_files: number): RiskFacts['scope'] {
  return {
    max_changed_files,
    touches_public_api: paths.some(isInterfacePath),
    touches_schema: paths.some(isMigrationPath),
    touches_dependencies: paths.some(isDependencyPath),
  }
}

const reversibilityOf = (paths: readonly string[]): RiskFacts['reversibility'] =>
  paths.some(isMigrationPath) ? 'needs_data_repair' : 'revert_commit'
