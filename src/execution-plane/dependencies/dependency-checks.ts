import type { BoundaryCheck, Finding } from '#domain/gate'
import type { AdvisoryAnswer } from '#ports'
import type { ComparedFile, DependencyChange } from './compare-dependencies.ts'
import type { DependencyFinding } from './dependency-finding.ts'
import type { DependencyRuleName } from './dependency-rules.ts'
import type { LookedUp } from './judge-facts.ts'
import type { Subject } from './look-up.ts'

const MOST_FINDINGS = 20

/** Which check of the report a rule belongs to; what is not named here is about the comparison itself. */
const CHECKS: Readonly<Partial<Record<DependencyRuleName, string>>> = {
  'dependency.source': 'dependency_sources',
  'dependency.registry_changed': 'dependency_sources',
  'dependency.confusion': 'dependency_sources',
  'dependency.missing': 'registry_facts',
  'dependency.version_missing': 'registry_facts',
  'dependency.too_young': 'registry_facts',
  'dependency.age_unknown': 'registry_facts',
  'dependency.yanked': 'registry_facts',
  'dependency.deprecated': 'registry_facts',
  'dependency.install_scripts': 'registry_facts',
  'dependency.few_maintainers': 'registry_facts',
  'dependency.license': 'registry_facts',
  'dependency.unavailable': 'registry_facts',
  'dependency.near_name': 'package_names',
  'dependency.advisory': 'advisories',
  'dependency.advisory_unclear': 'advisories',
}

interface Checked {
  readonly files: readonly ComparedFile[]
  readonly changes: readonly DependencyChange[]
  readonly findings: readonly DependencyFinding[]
  readonly looked: readonly LookedUp[]
  readonly advisories: AdvisoryAnswer
  readonly subjects: readonly Subject[]
}

/** What each check of dependencies looked at and what came of it. */
export function dependencyChecks({
  files,
  changes,
  findings,
  looked,
  advisories,
  subjects,
}: Checked): readonly BoundaryCheck[] {
  const of = (check: string) => findings.filter(({ rule }) => (CHECKS[rule] ?? 'dependencies') === check)
  const count = (kind: DependencyChange['kind']) => changes.filter((change) => change.kind === kind).length
  const entries = files.reduce((sum, { after }) => sum + after.dependencies.length, 0)
  const kinds = (['added', 'removed', 'raised', 'major', 'downgraded', 'source_changed'] as const)
    .filter((kind) => count(kind) > 0)
    .map((kind) => `${count(kind)} ${kind.replace('_', ' ')}`)
  const added = changes.filter(({ kind }) => kind === 'added').length
  const facts = of('registry_facts')
  const known = looked.filter(({ answer }) => answer.answer === 'known').length
  const asked =
    looked.length === 0
      ? 'nothing is new or a new major'
      : `${known} of ${looked.length} packages are known to the registries`
  return [
    checkOf('dependencies', of('dependencies'), {
      looked_at: entries,
      said: `${files.length} manifests and lockfiles compared: ${kinds.join(', ') || 'no package changed'}`,
    }),
    checkOf('dependency_sources', of('dependency_sources'), {
      looked_at: entries,
      said: 'sources and registries of every package compared with the base',
    }),
    checkOf('package_names', of('package_names'), {
      looked_at: added,
      said: `${added} new names compared with popular and used ones`,
    }),
    {
      ...checkOf('registry_facts', facts, { looked_at: looked.length, said: asked }),
      ...(facts.some(({ rule }) => rule === 'dependency.unavailable') && { answer: 'unavailable' as const }),
      ...(looked.length === 0 && facts.length === 0 && { answer: 'not_asked' as const }),
    },
    advisoryCheck(of('advisories'), advisories, subjects.length),
  ]
}

function advisoryCheck(findings: readonly DependencyFinding[], answer: AdvisoryAnswer, count: number): BoundaryCheck {
  if (answer.answer === 'none_configured')
    return {
      ...checkOf('advisories', findings, { looked_at: 0, said: 'no advisory database is configured' }),
      answer: 'not_asked',
    }
  if (answer.answer === 'unavailable')
    return { ...checkOf('advisories', findings, { looked_at: 0, said: answer.reason }), answer: 'unavailable' }
  return checkOf('advisories', findings, {
    looked_at: count,
    said: `${count} packages compared with ${answer.read} advisories`,
  })
}

function checkOf(
  check: string,
  findings: readonly DependencyFinding[],
  { looked_at, said }: { readonly looked_at: number; readonly said: string },
): BoundaryCheck {
  const answer = findings.some(({ leads_to }) => leads_to === 'deny')
    ? 'violated'
    : findings.length > 0
      ? 'noted'
      : 'clean'
  const plain = findings.slice(0, MOST_FINDINGS).map(
    ({ rule, path, line, message, severity }): Finding => ({
      rule,
      message,
      severity,
      ...(path !== undefined && { path }),
      ...(line !== undefined && { line }),
    }),
  )
  return { check, gate: 'dependencies', answer, looked_at, said, findings: plain, found: findings.length }
}
