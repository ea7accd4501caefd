import type { AdvisoryAnswer, DependencyTerms, PackageAnswer } from '#ports'
import { packageName, type Dependency } from './dependency.ts'
import { dependencyFinding, type DependencyFinding } from './dependency-finding.ts'
import { MIN_AGE_DAYS } from './dependency-rules.ts'
import { ownRegistryOf } from './judge-changes.ts'
import { isAffected } from './versions/compare-versions.ts'

const DAY_MS = 86_400_000

/** A package that was looked up, in the version that counts. */
export interface LookedUp {
  readonly of: Dependency
  readonly version: string | null
  /** True: it was there before in another version, so what it is was looked at once. */
  readonly is_known: boolean
  readonly answer: PackageAnswer
}

type Known = Extract<PackageAnswer, { answer: 'known' }>

/** What the registries' facts of one package come to. */
export function judgeFacts(looked: LookedUp, terms: DependencyTerms, now: number): readonly DependencyFinding[] {
  const { of, answer, version } = looked
  const found = (rule: DependencyFinding['rule'], said: string) => dependencyFinding(rule, of, said)
  if (answer.answer === 'unavailable')
    return [found('dependency.unavailable', `could not be looked up: ${answer.reason.slice(0, 200)}`)]
  if (answer.answer === 'missing')
    return [
      found(
        'dependency.missing',
        `is at none of the registries ${answer.registries.join(', ') || '(none is configured)'}`,
      ),
    ]
  if (version !== null && !answer.version_exists)
    return [found('dependency.version_missing', `has no version ${version} at ${answer.registry}`)]
  const own = ownRegistryOf(of.name, terms)
  return [
    ...(own === undefined || own === answer.registry
      ? []
      : [found('dependency.confusion', `was found at ${answer.registry}; its name belongs to ${own}`)]),
    ...ofAge(looked, answer, { min_days: terms.min_age_days ?? MIN_AGE_DAYS, now }),
    ...(answer.yanked ? [found('dependency.yanked', `${answer.version} was taken back by its authors`)] : []),
    ...(answer.deprecated === null
      ? []
      : [found('dependency.deprecated', `is deprecated: ${answer.deprecated.replaceAll(/\s+/g, ' ').slice(0, 160)}`)]),
    ...(answer.install_scripts === true && !looked.is_known
      ? [found('dependency.install_scripts', 'runs a script of its own when it is installed')]
      : []),
    ...(answer.maintainers === 0 ? [found('dependency.few_maintainers', 'has no maintainer at the registry')] : []),
    ...(answer.license !== null && (terms.denied_licenses ?? []).includes(answer.license)
      ? [found('dependency.license', `has the licence ${answer.license}, which the installation does not allow`)]
      : []),
  ]
}

function ofAge(
  { of }: LookedUp,
  { published_at, version }: Known,
  { min_days, now }: { readonly min_days: number; readonly now: number },
): readonly DependencyFinding[] {
  if (min_days === 0) return []
  const at = published_at === null ? Number.NaN : Date.parse(published_at)
  if (Number.isNaN(at))
    return [dependencyFinding('dependency.age_unknown', of, `${version} has no date of publication at its registry`)]
  const days = Math.floor((now - at) / DAY_MS)
  if (days >= min_days) return []
  const said = `${version} was published ${Math.max(0, days)} days ago; at least ${min_days} are asked for`
  return [dependencyFinding('dependency.too_young', of, said)]
}

/** The advisories that speak of a version; one whose ranges cannot be compared is a person's to read. */
export function judgeAdvisories(
  of: Dependency,
  version: string | null,
  answer: AdvisoryAnswer,
): readonly DependencyFinding[] {
  if (answer.answer !== 'known' || version === null) return []
  return answer.advisories
    .filter(({ tool, name }) => tool === of.tool && packageName(tool, name) === of.name)
    .flatMap((advisory) => {
      const affected = isAffected(advisory, version)
      const said = `${version} is spoken of by ${advisory.id}: ${advisory.summary.slice(0, 160)}`
      if (affected === undefined) return [dependencyFinding('dependency.advisory_unclear', of, said)]
      return affected ? [dependencyFinding('dependency.advisory', of, said)] : []
    })
}

/** What a person who is asked should know of a package, in one line. */
export function factLine({ of, answer }: LookedUp): string {
  if (answer.answer !== 'known') return `${of.name}: ${answer.answer}`
  const { version, published_at, license, maintainers, downloads, registry, install_scripts } = answer
  const known = [
    published_at === null ? [] : [`published ${published_at.slice(0, 10)}`],
    maintainers === null ? [] : [`${maintainers} ${maintainers === 1 ? 'maintainer' : 'maintainers'}`],
    downloads === null ? [] : [`${downloads} downloads`],
    license === null ? [] : [license.slice(0, 40)],
    install_scripts === null ? [] : [install_scripts ? 'runs install scripts' : 'no install scripts'],
  ].flat()
  return `${of.name} ${version} at ${registry}${known.length === 0 ? '' : ` (${known.join(', ')})`}`
}
