import { RUN_MODES, type RunMode } from '../task/index.ts'
import type { ApprovalKind, AutonomyTier } from '../risk/index.ts'
import {
  SPEND_SCOPES,
  type EgressRules,
  type NameRule,
  type PolicyBudgets,
  type PolicyDocument,
} from './policy-document.ts'

/** What all levels together leave: the smallest numbers, the sum of what is required, the sum of what is closed. */
export interface PolicyCaps {
  readonly max_mode: RunMode | null
  readonly max_autonomy_tier: AutonomyTier | null
  readonly max_autonomy_level: number | null
  readonly budgets: PolicyBudgets
  readonly required_verifiers: readonly string[]
  readonly sensitive_domains: readonly string[]
  readonly capabilities: readonly NameRule[]
  readonly egress: EgressRules
}

/** The policy that holds for one run at one moment. */
export interface EffectivePolicy {
  /** Hash of the platform's own rules and of every document here: what decisions and approvals are bound to. */
  readonly version: string
  /** Those that speak of the run, from the widest level to the narrowest. */
  readonly documents: readonly PolicyDocument[]
  readonly caps: PolicyCaps
}

/** What is known about a change when it is asked who must agree to it. */
export interface ApprovalFacts {
  readonly paths: readonly string[]
  /** Such as `dependency_major_upgrade` or `ci_workflow_change`. */
  readonly change_classes: readonly string[]
  /** Dotted actions that are about to be done. */
  readonly actions: readonly string[]
  /** Domains the repository is registered under. */
  readonly domains: readonly string[]
}

/** Approvals of one kind that a change needs, with every rule that asks for them. */
export interface RequiredApproval {
  readonly kind: ApprovalKind
  /** The largest of what the rules ask for. */
  readonly quorum: number
  readonly asked_by: readonly { readonly policy: string; readonly rule: string; readonly why: string }[]
}

/** Meets the caps of all documents. No document means that nothing is capped. */
export function meetCaps(documents: readonly PolicyDocument[]): PolicyCaps {
  const all = <Item>(of: (document: PolicyDocument) => readonly Item[]): readonly Item[] => documents.flatMap(of)
  return {
    max_mode: leastMode(all(({ max_mode }) => (max_mode === null ? [] : [max_mode]))),
    max_autonomy_tier: least(all((document) => orNone(document.max_autonomy_tier))),
    max_autonomy_level: least(all((document) => orNone(document.max_autonomy_level))),
    budgets: meetBudgets(documents.map(({ budgets }) => budgets)),
    required_verifiers: sorted(all((document) => document.required_verifiers)),
    sensitive_domains: sorted(all((document) => document.sensitive_domains)),
    capabilities: all((document) => document.capabilities),
    egress: meetEgress(documents.map(({ egress }) => egress)),
  }
}

/** True where one mode reaches further than another. */
export const reachesFurther = (mode: RunMode, than: RunMode): boolean =>
  RUN_MODES.indexOf(mode) > RUN_MODES.indexOf(than)

/** True when a host is the one that is named, or lies below it where the name begins with `*.`. */
export function coversHost(pattern: string, host: string): boolean {
  const [name, wanted] = [host.toLowerCase().replace(/:443$/, '').replace(/\.$/, ''), pattern.toLowerCase()]
  return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) && name !== wanted.slice(2) : name === wanted
}

/** Smallest of each number that any of the budgets caps. */
function meetBudgets(budgets: readonly PolicyBudgets[]): PolicyBudgets {
  const scopes = (['run', ...SPEND_SCOPES] as const).flatMap((scope) => {
    const met = smallest(budgets.map((each) => each[scope] ?? {}))
    return Object.keys(met).length === 0 ? [] : [[scope, met] as const]
  })
  return Object.fromEntries(scopes)
}

/** The smallest figure under each name. */
export function smallest(groups: readonly object[]): Record<string, number> {
  const met: Record<string, number> = {}
  for (const group of groups)
    for (const [name, figure] of Object.entries(group) as [string, unknown][])
      if (typeof figure === 'number') met[name] = Math.min(figure, met[name] ?? figure)
  return met
}

function meetEgress(all: readonly EgressRules[]): EgressRules {
  const lists = all.flatMap(({ allowed_hosts }) => (allowed_hosts === null ? [] : [allowed_hosts]))
  return {
    allowed_hosts: lists.length === 0 ? null : lists.reduce(hostsOfBoth),
    denied_hosts: sorted(all.flatMap(({ denied_hosts }) => denied_hosts)),
    ask: all.every(({ ask }) => ask),
  }
}

const hostsOfBoth = (one: readonly string[], other: readonly string[]): readonly string[] =>
  sorted([...one.filter((host) => isWithin(host, other)), ...other.filter((host) => isWithin(host, one))])

const isWithin = (host: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => pattern === host || coversHost(pattern, host.replace(/^\*\./, 'any.')))

const leastMode = (modes: readonly RunMode[]): RunMode | null => RUN_MODES.find((mode) => modes.includes(mode)) ?? null
const least = <Figure extends number>(figures: readonly Figure[]): Figure | null =>
  figures.reduce<Figure | null>((met, figure) => (met === null || figure < met ? figure : met), null)
const orNone = <Value>(value: Value | null): readonly Value[] => (value === null ? [] : [value])
const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort()
