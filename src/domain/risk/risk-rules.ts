import type { ApprovalKind, AutonomyTier, RiskFacts, RiskTier } from './risk-facts.ts'

/** The nine signals of document 1 section 9. */
export const RISK_SIGNALS = [
  'domain_criticality',
  'file_sensitivity',
  'runtime_impact',
  'data_impact',
  'change_scope',
  'reversibility',
  'test_confidence',
  'ownership_clarity',
  'incident_linkage',
] as const

export type RiskSignal = (typeof RISK_SIGNALS)[number]

/** What one rule says where it matches. */
export interface RiskRule {
  readonly signal: RiskSignal
  /** What the assessment gives as the reason. */
  readonly reason: string
  readonly when: (facts: RiskFacts) => boolean
  readonly tier: RiskTier
  readonly max_autonomy_tier: AutonomyTier
  readonly approvals?: readonly ApprovalKind[]
  readonly forbidden_actions?: readonly string[]
}

const SENSITIVE_DOMAINS = [
  'billing',
  'payment',
  'payments',
  'auth',
  'identity',
  'kyc',
  'aml',
  'enforcement',
  'compliance',
]
const SENSITIVE_PATHS =
  /(^|\/)(iam|crypto|auth\w*|payments?|billing|polic(y|ies)|compliance|permissions?|secrets?|keys?)(\/|\.|$)/
const MIGRATIONS = /(^|\/)(migrations?|db\/migrate|alembic|flyway|liquibase)(\/|$)|\.sql$/
const DOCUMENTS = /\.(md|mdx|rst|adoc|txt)$/
const TESTS = /(^|\/)(tests?|specs?|__tests__)(\/|$)|[._-](test|spec)\.\w+$/

const names = (facts: RiskFacts, words: readonly string[]) => words.some((word) => facts.words.includes(word))
const touches = (facts: RiskFacts, pattern: RegExp) => facts.paths.some((path) => pattern.test(path.toLowerCase()))
const only = (facts: RiskFacts, pattern: RegExp) =>
  facts.paths.length > 0 && facts.paths.every((path) => pattern.test(path.toLowerCase()))

/** The rules of this version; the most severe that match decide, and each that matches is a reason. */
export const RISK_RULES: readonly RiskRule[] = [
  {
    signal: 'domain_criticality',
    reason: 'the repository belongs to a sensitive domain',
    when: (facts) => facts.domains.some((domain) => SENSITIVE_DOMAINS.includes(domain)),
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['domain_owner', 'security_owner'],
  },
  {
    signal: 'domain_criticality',
    reason: 'the request speaks of a sensitive domain',
    when: (facts) => names(facts, SENSITIVE_DOMAINS),
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['code_owner'],
  },
  {
    signal: 'file_sensitivity',
    reason: 'the scope holds files that decide about access, keys or money',
    when: (facts) => touches(facts, SENSITIVE_PATHS),
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['security_owner'],
  },
  {
    signal: 'file_sensitivity',
    reason: 'the scope holds database migrations',
    when: (facts) => touches(facts, MIGRATIONS) || facts.scope.touches_schema,
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['domain_owner'],
    forbidden_actions: ['database.migrate'],
  },
  {
    signal: 'runtime_impact',
    reason: 'the change runs in production or serves customers',
    when: ({ runtime }) => runtime === 'production' || runtime === 'customer_api',
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['reviewer'],
  },
  {
    signal: 'runtime_impact',
    reason: 'where the change runs is not known',
    when: ({ runtime }) => runtime === 'unknown',
    tier: 'medium',
    max_autonomy_tier: 2,
  },
  {
    signal: 'data_impact',
    reason: 'the code handles personal, financial or regulated data',
    when: ({ data }) => data.some((kind) => kind !== 'secrets'),
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['domain_owner'],
  },
  {
    signal: 'data_impact',
    reason: 'the code handles secrets',
    when: ({ data }) => data.includes('secrets'),
    tier: 'critical',
    max_autonomy_tier: 0,
    approvals: ['security_owner'],
  },
  {
    signal: 'change_scope',
    reason: 'the scope opens a public interface',
    when: ({ scope }) => scope.touches_public_api,
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['code_owner'],
  },
  {
    signal: 'change_scope',
    reason: 'the scope opens what the program depends on',
    when: ({ scope }) => scope.touches_dependencies,
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['code_owner'],
  },
  {
    signal: 'change_scope',
    reason: 'the scope allows more than forty files',
    when: ({ scope }) => scope.max_changed_files > 40,
    tier: 'medium',
    max_autonomy_tier: 2,
  },
  {
    signal: 'reversibility',
    reason: 'what the change does cannot be taken back',
    when: ({ reversibility }) => reversibility === 'irreversible',
    tier: 'critical',
    max_autonomy_tier: 0,
    approvals: ['domain_owner', 'release_owner'],
  },
  {
    signal: 'reversibility',
    reason: 'taking the change back needs data to be repaired',
    when: ({ reversibility }) => reversibility === 'needs_data_repair',
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['domain_owner'],
  },
  {
    signal: 'test_confidence',
    reason: 'no tests were found that could prove the change',
    when: (facts) => !facts.has_tests && !only(facts, DOCUMENTS),
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['reviewer'],
  },
  {
    signal: 'test_confidence',
    reason: 'how much the tests reach is not known',
    when: (facts) => facts.has_tests && facts.coverage === null && !only(facts, TESTS),
    tier: 'low',
    max_autonomy_tier: 3,
  },
  {
    signal: 'ownership_clarity',
    reason: 'nobody is named as the owner of what is changed',
    when: ({ has_owner }) => !has_owner,
    tier: 'medium',
    max_autonomy_tier: 2,
  },
  {
    signal: 'incident_linkage',
    reason: 'the change belongs to an incident that is going on',
    when: ({ during_incident }) => during_incident,
    tier: 'high',
    max_autonomy_tier: 2,
    approvals: ['incident_commander'],
  },
  {
    signal: 'change_scope',
    reason: 'the author says that it is risky',
    when: ({ stated_hints }) => stated_hints.length > 0,
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['reviewer'],
  },
]
