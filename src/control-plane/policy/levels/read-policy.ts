import { readDocument } from '#documents'
import {
  SILENT_DOCUMENT,
  type ApprovalRule,
  type NameRule,
  type PathRule,
  type PolicyBudgets,
  type PolicyDocument,
  type PolicyLevel,
  type VerificationRule,
} from '#domain/policy'
import { ok, refuse, type Result } from '#domain/result'
import type { RunMode } from '#domain/task'
import type { AutonomyTier } from '#domain/risk'
import { globProblems } from './glob-problems.ts'
import { POLICY_LIMITS, policySchema, type PolicyWords } from './policy-schema.ts'
import { figures } from './widening-problems.ts'

/** Whose words a text is. */
export interface PolicyOrigin {
  readonly level: PolicyLevel
  readonly name: string
}

/** A level as it was written. */
export interface ReadPolicyText {
  readonly document: PolicyDocument
  /** The document with those of single tools that it holds: what is to be compiled. */
  readonly documents: readonly PolicyDocument[]
  readonly expires_at: string | null
}

/** Reads the YAML of one level; every problem names its field, its line and what is possible there. */
export function readPolicy(text: string, origin: PolicyOrigin): Result<ReadPolicyText, readonly string[]> {
  if (text.length > POLICY_LIMITS.bytes)
    return refuse([`the policy has ${text.length} characters; at most ${POLICY_LIMITS.bytes} are read`])
  const read = readDocument(text, policySchema, { may_be_empty: true, such_as: 'paths' })
  if (!read.ok) return refuse(read.refusal.map(wideningSaid))
  const document = documentOf(read.value, origin)
  const documents = [document, ...toolDocuments(read.value, document)]
  const many = tooMany(documents)
  const problems = [...misplaced(read.value, origin), ...(many.length > 0 ? many : documents.flatMap(globProblems))]
  return problems.length > 0 ? refuse(problems) : ok({ document, documents, expires_at: read.value.expires ?? null })
}

/** How many rules and caps a document has, those in Cedar counted by their effects. */
export const ruleCount = (document: PolicyDocument): number =>
  document.paths.length +
  document.actions.length +
  document.tools.length +
  document.commands.length +
  document.capabilities.length +
  document.change_classes.length +
  document.approvals.length +
  document.required_verifiers.length +
  (document.verification?.length ?? 0) +
  document.sensitive_domains.length +
  figures(document).size +
  (document.max_mode === null ? 0 : 1) +
  egressRules(document) +
  (document.cedar?.match(/\bforbid\s*\(/g)?.length ?? 0)

const egressRules = ({ egress: { allowed_hosts, denied_hosts, ask } }: PolicyDocument): number =>
  (allowed_hosts === null ? 0 : 1) + denied_hosts.length + (ask ? 0 : 1)

/** What a level says of calls of single tools: the narrowest documents there are, of the repositories that it speaks of. */
const toolDocuments = ({ tool_calls = {} }: PolicyWords, { name, applies_to }: PolicyDocument) =>
  Object.entries(tool_calls).map(
    ([tool, words]): PolicyDocument => ({
      ...documentOf(words, { level: 'tool_call', name: `${name}/${tool}` }),
      applies_to,
      tool,
    }),
  )

function tooMany(documents: readonly PolicyDocument[]): readonly string[] {
  const rules = documents.reduce((sum, document) => sum + ruleCount(document), 0)
  if (rules <= POLICY_LIMITS.rules) return []
  return [`${rules} rules are more than the ${POLICY_LIMITS.rules} of one level; join those that say the same`]
}

const WIDENING = /^(\S*\b(?:allow|permit|grant|open|except_for|override)\w*)( \(line \d+\))? is no known field.*$/

/** Words that would widen get their own answer: a near name would be no help. */
const wideningSaid = (problem: string): string =>
  problem.replace(
    WIDENING,
    '$1$2 would widen what a run may do; a level can only take away. Write what is denied or asked',
  )

/** Fields that a level has no say in. */
function misplaced({ applies_to, expires }: PolicyWords, { level }: PolicyOrigin): readonly string[] {
  return [
    ...(applies_to !== undefined && level !== 'team' && level !== 'campaign'
      ? [`applies_to is for teams and campaigns; the level ${level} always applies`]
      : []),
    ...(level === 'team' && (applies_to ?? []).length === 0
      ? ['applies_to is missing: a team says which repositories are its own, such as https://forge.example.org/pay/*']
      : []),
    ...(expires !== undefined && level !== 'platform' && level !== 'organisation'
      ? ['expires is for platform and organisation']
      : []),
  ]
}

function documentOf(words: PolicyWords, { level, name }: PolicyOrigin): PolicyDocument {
  const { egress = {}, paths = {}, capabilities = {} } = words
  return {
    ...SILENT_DOCUMENT,
    level,
    name,
    applies_to: words.applies_to ?? [],
    paths: [...pathRules(paths.denied, 'deny'), ...pathRules(paths.asked, 'ask')],
    actions: nameRules('actions', words.actions),
    tools: nameRules('tools', words.tools),
    commands: nameRules('commands', words.commands),
    change_classes: nameRules('change_classes', words.change_classes),
    capabilities: nameRules('capabilities', capabilities),
    egress: {
      allowed_hosts: egress.allowed_hosts ?? null,
      denied_hosts: egress.denied_hosts ?? [],
      ask: egress.ask ?? true,
    },
    required_verifiers: words.required_verifiers ?? [],
    // Absent where nothing is said, so that the version of what was written before stays what it was.
    ...(words.verification !== undefined && { verification: words.verification.map(verificationRule) }),
    approvals: (words.approvals ?? []).map(approvalRule),
    // The schema's objects have exactly these fields; what is absent is not there.
    budgets: (words.budgets ?? {}) as PolicyBudgets,
    // The schema knows these values only.
    max_mode: (words.max_mode ?? null) as RunMode | null,
    max_autonomy_tier: (words.max_autonomy_tier ?? null) as AutonomyTier | null,
    max_autonomy_level: words.max_autonomy_level ?? null,
    sensitive_domains: (words.sensitive_domains ?? []).map((domain) => domain.toLowerCase()),
    cedar: words.cedar ?? null,
  }
}

type WrittenPaths = NonNullable<NonNullable<PolicyWords['paths']>['denied']>
type WrittenNames = NonNullable<PolicyWords['actions']>

const wordOf = (effect: 'ask' | 'deny') => (effect === 'deny' ? 'denied' : 'asked')

const pathRules = (written: WrittenPaths | undefined, effect: 'ask' | 'deny'): readonly PathRule[] =>
  (written ?? []).map(({ rule, why, paths, except }, at) => ({
    rule: rule ?? `paths.${wordOf(effect)}.${at + 1}`,
    effect,
    why: why ?? '',
    paths,
    except: except ?? [],
  }))

function nameRules(field: string, written: WrittenNames | undefined): readonly NameRule[] {
  return (['deny', 'ask'] as const).flatMap((effect) =>
    (written?.[wordOf(effect)] ?? []).map(({ rule, why, names }, at) => ({
      rule: rule ?? `${field}.${wordOf(effect)}.${at + 1}`,
      effect,
      why: why ?? '',
      names,
    })),
  )
}

function verificationRule(
  { rule, why, plan, ...about }: NonNullable<PolicyWords['verification']>[number],
  at: number,
): VerificationRule {
  // Only what is said: canonical JSON has no word for a member that is there and undefined.
  return { rule: rule ?? `verification.${at + 1}`, why: why ?? '', ...about, plan }
}

const approvalRule = (written: NonNullable<PolicyWords['approvals']>[number], at: number): ApprovalRule => ({
  rule: written.rule ?? `approvals.${at + 1}`,
  why: written.why ?? '',
  kinds: written.kinds,
  quorum: written.quorum ?? 1,
  paths: written.paths ?? [],
  change_classes: written.change_classes ?? [],
  actions: written.actions ?? [],
  domains: written.domains ?? [],
})
