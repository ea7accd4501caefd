/** What a finding leads to: the change is refused, a person must agree, or it is said and nothing more. */
export type Disposition = 'deny' | 'ask' | 'note'

interface DependencyRule {
  readonly leads_to: Disposition
  /** What whoever made the change can do. */
  readonly next: string
}

/** Every rule of the gate and what it leads to. */
export const DEPENDENCY_RULES = {
  'dependency.added': { leads_to: 'ask', next: 'Do without it, or let a person agree to the new dependency.' },
  'dependency.major': { leads_to: 'ask', next: 'Stay on the major version, or let a person agree to the raise.' },
  'dependency.locked_alone': {
    leads_to: 'ask',
    next: 'Change the manifest with the lockfile, or let a person agree to what the lockfile alone raises.',
  },
  'dependency.downgraded': { leads_to: 'ask', next: 'Keep the version, or let a person agree to the older one.' },
  'dependency.removed': { leads_to: 'note', next: 'Look whether anything still uses it.' },
  'dependency.unpinned': { leads_to: 'deny', next: 'Give a version or a range with a bound.' },
  'dependency.source': {
    leads_to: 'deny',
    next: 'Take the package from a registry, or keep its files in the repository.',
  },
  'dependency.registry_changed': {
    leads_to: 'deny',
    next: 'Leave registries as they are; who runs the installation configures them.',
  },
  'dependency.confusion': { leads_to: 'deny', next: 'Take the package from the registry that its name belongs to.' },
  'dependency.missing': { leads_to: 'deny', next: 'Correct the name; no configured registry has such a package.' },
  'dependency.version_missing': { leads_to: 'deny', next: 'Choose a version that the registry has.' },
  'dependency.too_young': {
    leads_to: 'deny',
    next: 'Choose an older version, or wait until this one has stood for some days.',
  },
  'dependency.age_unknown': {
    leads_to: 'ask',
    next: 'Look up when it was published, and agree if that is long enough ago.',
  },
  'dependency.yanked': { leads_to: 'deny', next: 'Choose a version that was not taken back.' },
  'dependency.deprecated': { leads_to: 'ask', next: 'Choose what its authors name instead, or let a person agree.' },
  'dependency.install_scripts': {
    leads_to: 'ask',
    next: 'Look at what it runs when it is installed; Gander keeps such scripts off, other machines may not.',
  },
  'dependency.near_name': { leads_to: 'ask', next: 'Check that this very name is meant.' },
  'dependency.advisory': { leads_to: 'deny', next: 'Choose a version that the advisory does not speak of.' },
  'dependency.advisory_unclear': {
    leads_to: 'ask',
    next: 'Read the advisory: its ranges cannot be compared with this version.',
  },
  'dependency.license': { leads_to: 'deny', next: 'Choose a package with a licence that the installation allows.' },
  'dependency.few_maintainers': { leads_to: 'note', next: 'Look at who publishes it.' },
  'dependency.unavailable': {
    leads_to: 'ask',
    next: 'Look the package up yourself, or try again when the registry answers.',
  },
  'dependency.unreadable': { leads_to: 'deny', next: 'Write the file anew with its own tool.' },
} as const satisfies Readonly<Record<string, DependencyRule>>

/** The name of a rule of this gate. */
export type DependencyRuleName = keyof typeof DEPENDENCY_RULES

/** Rules that a task about dependencies has its leave for already. */
export const LEFT_TO_TASK: readonly DependencyRuleName[] = [
  'dependency.added',
  'dependency.major',
  'dependency.locked_alone',
]

/** Days a version must have been published where an installation says nothing. */
export const MIN_AGE_DAYS = 7
