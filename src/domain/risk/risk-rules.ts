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

/** When a rule matches, as data; every member that is there must hold. */
export interface RiskCondition {
  /** One of these words stands in the request. */
  readonly words?: readonly string[]
  /** The repository is registered under one of these domains. */
  readonly domains?: readonly string[]
  /** The repository's agreement says that it is of this tier. */
  readonly agreed_tier?: RiskTier
  /** A path matches this pattern; paths are compared in lower case. */
  readonly paths?: string
  /** Not where every path, of at least one, matches this pattern. */
  readonly unless_only?: string
  readonly runtime?: readonly RiskFacts['runtime'][]
  readonly data?: readonly RiskFacts['data'][number][]
  readonly touches?: 'touches_public_api' | 'touches_schema' | 'touches_dependencies'
  readonly more_files_than?: number
  readonly reversibility?: readonly RiskFacts['reversibility'][]
  readonly has_tests?: boolean
  readonly has_owner?: boolean
  readonly coverage?: 'unknown'
  readonly during_incident?: boolean
  readonly stated?: true
}

/** What one rule says where it matches. */
export interface RiskRule {
  readonly signal: RiskSignal
  /** What the assessment gives as the reason. */
  readonly reason: string
  readonly when: RiskCondition
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
const SENSITIVE_PATHS = String.raw`(^|\/)(iam|crypto|auth\w*|payments?|billing|polic(y|ies)|compliance|permissions?|secrets?|keys?)(\/|\.|$)`
const DOCUMENTS = String.raw`\.(md|mdx|rst|adoc|txt)$`
const TESTS = String.raw`(^|\/)(tests?|specs?|__tests__)(\/|$)|[._-](test|spec)\.\w+$`
const PROSE_OR_TESTS = `${DOCUMENTS}|${TESTS}`

/** The rules of this version; the most severe that match decide, and each that matches is a reason. */
export const RISK_RULES: readonly RiskRule[] = [
  {
    signal: 'domain_criticality',
    reason: 'the repository belongs to a sensitive domain',
    when: { domains: SENSITIVE_DOMAINS },
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['domain_owner', 'security_owner'],
  },
  {
    signal: 'domain_criticality',
    reason: 'the repository is agreed to be of medium risk',
    when: { agreed_tier: 'medium' },
    tier: 'medium',
    max_autonomy_tier: 2,
  },
  {
    signal: 'domain_criticality',
    reason: 'the repository is agreed to be of high risk',
    when: { agreed_tier: 'high' },
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['domain_owner'],
  },
  {
    signal: 'domain_criticality',
    reason: 'the repository is agreed to be critical',
    when: { agreed_tier: 'critical' },
    tier: 'critical',
    max_autonomy_tier: 0,
    approvals: ['domain_owner', 'security_owner'],
  },
  {
    signal: 'domain_criticality',
    reason: 'the request speaks of a sensitive domain',
    when: { words: SENSITIVE_DOMAINS },
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['code_owner'],
  },
  {
    signal: 'file_sensitivity',
    reason: 'the scope holds files that decide about access, keys or money',
    when: { paths: SENSITIVE_PATHS },
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['security_owner'],
  },
  {
    signal: 'file_sensitivity',
    reason: 'the scope holds database migrations',
    when: { touches: 'touches_schema' },
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['domain_owner'],
    forbidden_actions: ['database.migrate'],
  },
  {
    signal: 'runtime_impact',
    reason: 'the change runs in production or serves customers',
    when: { runtime: ['production', 'customer_api'], unless_only: PROSE_OR_TESTS },
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['reviewer'],
  },
  {
    signal: 'runtime_impact',
    reason: 'where the change runs is not known',
    when: { runtime: ['unknown'], unless_only: PROSE_OR_TESTS },
    tier: 'medium',
    max_autonomy_tier: 2,
  },
  {
    signal: 'data_impact',
    reason: 'the code handles personal, financial or regulated data',
    when: { data: ['personal', 'financial', 'regulated'] },
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['domain_owner'],
  },
  {
    signal: 'data_impact',
    reason: 'the code handles secrets',
    when: { data: ['secrets'] },
    tier: 'critical',
    max_autonomy_tier: 0,
    approvals: ['security_owner'],
  },
  {
    signal: 'change_scope',
    reason: 'the scope opens a public interface',
    when: { touches: 'touches_public_api' },
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['code_owner'],
  },
  {
    signal: 'change_scope',
    reason: 'the scope opens what the program depends on',
    when: { touches: 'touches_dependencies' },
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['code_owner'],
  },
  {
    signal: 'change_scope',
    reason: 'the scope allows more than forty files',
    when: { more_files_than: 40 },
    tier: 'medium',
    max_autonomy_tier: 2,
  },
  {
    signal: 'reversibility',
    reason: 'what the change does cannot be taken back',
    when: { reversibility: ['irreversible'] },
    tier: 'critical',
    max_autonomy_tier: 0,
    approvals: ['domain_owner', 'release_owner'],
  },
  {
    signal: 'reversibility',
    reason: 'taking the change back needs data to be repaired',
    when: { reversibility: ['needs_data_repair'] },
    tier: 'high',
    max_autonomy_tier: 1,
    approvals: ['domain_owner'],
  },
  {
    signal: 'test_confidence',
    reason: 'no tests were found that could prove the change',
    when: { has_tests: false, unless_only: DOCUMENTS },
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['reviewer'],
  },
  {
    signal: 'test_confidence',
    reason: 'how much the tests reach is not known',
    when: { has_tests: true, coverage: 'unknown', unless_only: TESTS },
    tier: 'low',
    max_autonomy_tier: 3,
  },
  {
    signal: 'ownership_clarity',
    reason: 'nobody is named as the owner of what is changed',
    when: { has_owner: false },
    tier: 'medium',
    max_autonomy_tier: 2,
  },
  {
    signal: 'incident_linkage',
    reason: 'the change belongs to an incident that is going on',
    when: { during_incident: true },
    tier: 'high',
    max_autonomy_tier: 2,
    approvals: ['incident_commander'],
  },
  {
    signal: 'change_scope',
    reason: 'the author says that it is risky',
    when: { stated: true },
    tier: 'medium',
    max_autonomy_tier: 2,
    approvals: ['reviewer'],
  },
]
