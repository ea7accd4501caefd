import type { PolicyDocument } from '#domain/policy'
import { ok, refuse, type Result } from '#domain/result'
import type { Task } from '#domain/task'
import type {
  Clock,
  Identifiers,
  PinnedPolicy,
  PolicyDecision,
  PolicyEngine,
  PolicyQuestion,
  RunPolicies,
  RunPolicy,
} from '#ports'
import type { OpenBundle } from '../bundles/open-bundle.ts'
import { createPolicy, decisionOf } from '../create-policy.ts'
import type { CompiledLevel } from '../levels/compile-level.ts'
import { compileLevels, policyFor, type CompiledPolicy } from '../levels/compile-policy.ts'
import { readPolicy } from '../levels/read-policy.ts'
import { requiredApprovals } from '../levels/required-approvals.ts'
import { requiredPlan } from '../levels/required-plan.ts'
import { wideningProblems } from '../levels/widening-problems.ts'
import type { CurrentPolicy } from './current-policy.ts'
import { orderLevels } from './order-policies.ts'

interface RunPolicyParts {
  readonly identifiers: Identifiers
  readonly clock: Clock
  readonly current: CurrentPolicy
  readonly engine: () => Promise<PolicyEngine>
}

/** Opens the policy of each run over what is active for its tenant. */
export function createRunPolicies(parts: RunPolicyParts): RunPolicies {
  return {
    effective: async (tenant, repository) => {
      const active = await parts.current.active(tenant)
      return active.ok ? ok(policyFor(active.value.levels, repository).effective) : active
    },
    open: async ({ task }, pinned) => {
      const active = await parts.current.active(task.tenant_id)
      const held = pinned === undefined ? active : await parts.current.pinned(task.tenant_id, pinned.bundle_sha256)
      const order = await orderLevels(task, parts.engine)
      return new PolicyOfRun(parts, task, { held, active, order })
    },
  }
}

interface Bundles {
  /** What the run is pinned to. */
  readonly held: Result<OpenBundle, string>
  /** What is active now. */
  readonly active: Result<OpenBundle, string>
  /** What came with its order. */
  readonly order: Result<readonly CompiledLevel[], readonly string[]>
}

/**
 * What a run is held to: the bundle it began with, its repository's own file, and whatever is active now. All of them
 * must agree, so what a newer bundle forbids holds at once, and what it would open stays closed until the run's end.
 * Where one of them can't be read, or has ended, everything is denied.
 */
class PolicyOfRun implements RunPolicy {
  readonly #parts: RunPolicyParts
  readonly #task: Task
  readonly #held: Result<OpenBundle, string>
  readonly #order: Bundles['order']
  #active: Result<OpenBundle, string>
  #repository: { readonly text: string | null; readonly levels: Result<readonly CompiledLevel[], string> }
  #compiled: CompiledPolicy

  constructor(parts: RunPolicyParts, task: Task, { held, active, order }: Bundles) {
    this.#parts = parts
    this.#task = task
    this.#held = held
    this.#order = order
    this.#active = active
    this.#repository = { text: null, levels: ok([]) }
    this.#compiled = this.#compile()
  }

  get pinned(): PinnedPolicy {
    return { bundle_sha256: this.#held.ok ? this.#held.value.sha256 : '', repository: this.#repository.text }
  }

  get effective() {
    return this.#compiled.effective
  }

  get version(): string {
    return this.#compiled.effective.version
  }

  get closed(): string | undefined {
    const now = this.#parts.clock.now()
    for (const bundle of [this.#held, this.#active]) {
      if (!bundle.ok) return bundle.refusal
      const { expires_at, sha256 } = bundle.value
      if (expires_at !== null && Date.parse(expires_at) <= now)
        return `the policy bundle ${sha256.slice(0, 12)} ended at ${expires_at}`
    }
    if (!this.#order.ok) return this.#order.refusal.slice(0, 3).join('; ')
    return this.#repository.levels.ok ? undefined : this.#repository.levels.refusal
  }

  async refresh(): Promise<void> {
    const active = await this.#parts.current.active(this.#task.tenant_id)
    if (active === this.#active) return
    this.#active = active
    this.#compiled = this.#compile()
  }

  async bindRepository(text: string | null): Promise<Result<readonly string[], string>> {
    const read = text === null ? ok({ levels: [], notes: [] }) : await this.#readRepository(text)
    this.#repository = { text, levels: read.ok ? ok(read.value.levels) : read }
    this.#compiled = this.#compile()
    return read.ok ? ok(read.value.notes) : read
  }

  requiredApprovals: RunPolicy['requiredApprovals'] = (facts) => requiredApprovals(this.#compiled.levels, facts)

  requiredPlan: RunPolicy['requiredPlan'] = (facts) =>
    requiredPlan(this.#compiled.levels, { ...facts, repository: this.#task.repository })

  decide(question: PolicyQuestion): PolicyDecision {
    const { identifiers } = this.#parts
    const why = this.closed
    if (why === undefined)
      return createPolicy({ identifiers, levels: { policy: this.#compiled, subject: this.#task } }).decide(question)
    const explanation = `Nothing is allowed while policy can't be read: ${why}. Somebody who administers policy has to mend it.`
    const match = { policy: 'platform', rule: 'policy.closed', effect: 'deny', why: explanation } as const
    return decisionOf([match], { question, version: this.version, id: identifiers.make('decision') })
  }

  async #readRepository(
    text: string,
  ): Promise<Result<{ readonly levels: readonly CompiledLevel[]; readonly notes: readonly string[] }, string>> {
    const where = 'the repository’s .gander/policy.yaml'
    if (text.length > MOST_REPOSITORY) return refuse(`${where} is longer than ${MOST_REPOSITORY} characters`)
    const read = readPolicy(text, { level: 'repository', name: 'repository' })
    if (!read.ok) return refuse(`${where} cannot be used: ${read.refusal.slice(0, 3).join('; ')}`)
    const { document, documents } = read.value
    const engine = documents.every(({ cedar }) => cedar === null) ? undefined : await this.#parts.engine()
    const levels = compileLevels(documents, engine)
    if (!levels.ok) return refuse(`${where} cannot be used: ${levels.refusal.slice(0, 3).join('; ')}`)
    return ok({ levels: levels.value, notes: wideningProblems(document, this.#documents()) })
  }

  #documents(): readonly PolicyDocument[] {
    return this.#compiled.effective.documents
  }

  #compile(): CompiledPolicy {
    const levels = [this.#held, this.#active].flatMap((bundle) => (bundle.ok ? bundle.value.levels : []))
    const own = this.#repository.levels.ok ? this.#repository.levels.value : []
    const order = this.#order.ok ? this.#order.value : []
    return policyFor([...levels, ...own, ...order], this.#task.repository)
  }
}

const MOST_REPOSITORY = 65_536
