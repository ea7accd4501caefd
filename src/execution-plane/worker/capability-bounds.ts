import { covers } from '#domain/capability'
import type { RiskReading } from '#domain/risk'
import { meet, unversioned, type SandboxProfile } from '#domain/sandbox'
import type { CapabilityGrant, Task } from '#domain/task'
import type { Policy } from '#ports'
import { sealSandboxProfile } from '#execution-plane/sandbox'

/** A policy that also denies what the task's capability does not allow, and what the last reading of its risk forbids. */
export function withinCapability(
  policy: Policy,
  { grant }: Pick<Task, 'grant'>,
  risk: () => Pick<RiskReading, 'forbidden_actions'> | undefined,
): Policy {
  const closing = (action: string) => {
    if (grant?.forbidden_actions.includes(action) === true)
      return ['capability', `The capability ${grant.id} does not allow ${action}.`] as const
    if (risk()?.forbidden_actions.includes(action) === true)
      return ['risk', `The risk of this task forbids ${action}.`] as const
    return undefined
  }
  return {
    get version() {
      return policy.version
    },
    refresh: async () => policy.refresh?.(),
    decide(question) {
      const decision = policy.decide(question)
      const closed = closing(question.action)
      if (closed === undefined) return decision
      const [by, why] = closed
      const rule = { policy: by, rule: `${by}.action`, effect: 'deny' } as const
      const matched_rules = [...decision.matched_rules, rule]
      return { ...decision, answer: 'deny', matched_rules, explanation: `${why} [${rule.rule}]` }
    },
  }
}

/** The sandbox profile with no more ways out than the capability opens. */
export function boundedProfile(profile: SandboxProfile, grant: CapabilityGrant | undefined): SandboxProfile {
  if (grant === undefined) return profile
  const { egress } = grant
  const open = unversioned(profile)
  return sealSandboxProfile(
    meet(open, {
      ...open,
      network: {
        allowlist: open.network.allowlist.filter((host) => covers(egress.hosts, host)),
        ask: egress.ask,
      },
      packages: { ...open.packages, allow_download: open.packages.allow_download && egress.registries },
    }),
  )
}

/** The task with the capability's paths beside those that bound it already. */
export function boundedPaths(task: Task): Task {
  const { grant, scope } = task
  if (grant === undefined || grant.paths.includes('**')) return task
  return { ...task, scope: { ...scope, writable_paths: [...(scope.writable_paths ?? []), grant.paths] } }
}

/** True where a person may be asked to open this host for a run of the task. */
export const mayAskFor = ({ grant }: Pick<Task, 'grant'>, host: string): boolean =>
  grant === undefined || (grant.egress.ask && covers(grant.egress.hosts, host))

/** Hosts of a list that the capability lets be open; those of this machine's registries are not asked about here. */
export const openHosts = ({ grant }: Pick<Task, 'grant'>, hosts: readonly string[]): readonly string[] =>
  grant === undefined ? hosts : hosts.filter((host) => covers(grant.egress.hosts, host))
