import type { Approval } from '../approval/index.ts'
import type { SandboxProfile } from '../sandbox/index.ts'
import type { Task } from '../task/index.ts'

/** What a person was asked and answered. */
export interface ApprovalSummary {
  readonly id: string
  readonly kind: string
  readonly action: string
  /** Hash over everything that was shown. */
  readonly fingerprint: string
  /** Null: nobody answered. */
  readonly decision: string | null
  readonly by: readonly string[]
  readonly at: string | null
}

/** What the run's sandboxes could reach. */
export interface NetworkSummary {
  /** The sandbox profile that was in force, and the hash of its content. */
  readonly profile: string
  readonly version: string
  /** Hosts that setups could reach besides the registries; nothing else could reach any. */
  readonly allowlist: readonly string[]
  /** True: a person could open another one. */
  readonly ask: boolean
}

/** A decision of policy, without the arguments. */
export interface DecisionSummary {
  readonly decision_id: string
  readonly action: string
  readonly answer: string
  readonly rules: readonly string[]
}

/** One tool or model call in order. */
export interface LedgerLine {
  readonly n: number
  readonly kind: string
  readonly key: string
  readonly at: string
  readonly request_sha256: string
  readonly tree: string | null
  readonly cost_usd: number
}

/** What of a decision on record a packet repeats. */
interface Decided {
  readonly decision_id: string
  readonly action: string
  readonly answer: string
  readonly matched_rules: readonly { readonly policy: string; readonly rule: string }[]
}

/** A decision of policy as a packet repeats it. */
export const decisionSummary = ({ decision_id, action, answer, matched_rules }: Decided): DecisionSummary => ({
  decision_id,
  action,
  answer,
  rules: matched_rules.map((rule) => `${rule.policy}:${rule.rule}`),
})

/** A step on record as a packet repeats it. */
export const ledgerLine = (step: Omit<LedgerLine, 'at'> & { readonly intent_at: string }): LedgerLine => ({
  n: step.n,
  kind: step.kind,
  key: step.key,
  at: step.intent_at,
  request_sha256: step.request_sha256,
  tree: step.tree,
  cost_usd: step.cost_usd,
})

/** A request for approval as a packet repeats it. */
export function approvalSummary(approval: Approval): ApprovalSummary {
  const { id, kind, action, fingerprint, decision, decided_by, decided_at, votes = [] } = approval
  const by = votes.length > 0 ? votes.map((vote) => vote.by) : decided_by === null ? [] : [decided_by]
  return { id, kind, action, fingerprint, decision, by, at: decided_at }
}

/** A sandbox profile as a packet repeats it. */
export const networkSummary = ({ id, version, network }: SandboxProfile): NetworkSummary => ({
  profile: id,
  version,
  allowlist: network.allowlist,
  ask: network.ask,
})

/** Models a task lets its run ask, as `provider:model`; a rule of a transform asks none. */
export function allowedModels({ agent }: Pick<Task, 'agent'>): readonly string[] {
  if (agent.kind === 'transform') return []
  const fallback = agent.kind === 'native' ? agent.fallback : null
  const named = [agent.model, fallback].flatMap((model) => (model === null ? [] : [`${model.provider}:${model.model}`]))
  return [...new Set(named)]
}
