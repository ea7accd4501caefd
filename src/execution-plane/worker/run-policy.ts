import type { Json } from '#domain/json'
import { coversHost, type EgressRules, type PolicyBudgets } from '#domain/policy'
import { unversioned } from '#domain/sandbox'
import { sealSandboxProfile } from '#execution-plane/sandbox'
import type { LeasedRun, PinnedPolicy, StepRecord } from '#ports'
import { askPolicy } from './ask-policy.ts'
import { keepPackage, pinnedForReplay } from './replayed.ts'
import { need, type Ending, type Execution, type WorkerParts } from './execution.ts'

const KEY = 'policy'
/** Where a repository's own policy is looked for, in the tree of the base commit and nowhere else. */
const OWN_POLICIES = ['.gander/policy.yaml', '.gander/policy.yml'] as const

/** The parts of a worker with the policy of this run: what it began with and what is active now. */
export async function withRunPolicy(parts: WorkerParts, { run, task }: LeasedRun): Promise<WorkerParts> {
  if (parts.policies === undefined) return parts
  const pinned = pinnedIn(await parts.store.steps(run.id)) ?? pinnedForReplay(task)
  const policy = await parts.policies.open({ run_id: run.id, task }, pinned)
  return { ...parts, policy, run_policy: policy }
}

/** What a run was pinned to, from its record; written by `bindPolicy`. */
function pinnedIn(steps: readonly StepRecord[]): PinnedPolicy | undefined {
  const outcome = steps.find(({ key }) => key === KEY)?.outcome ?? null
  return outcome === null ? undefined : (outcome as unknown as { readonly value: PinnedPolicy }).value
}

/**
 * Pins the run to the bundle that is active and to the policy file of its base commit, and asks once more whether the
 * run may be, now that every level is known. A file that can't be read allows nothing.
 */
export async function bindPolicy(execution: Execution): Promise<Ending | undefined> {
  await keepPackage(execution)
  const { parts, journal, task } = execution
  const policy = parts.run_policy
  if (policy === undefined) return undefined
  const value = await journal.perform({ key: KEY, kind: 'workspace', request: {} }, async () => {
    const pinned: PinnedPolicy = { ...policy.pinned, repository: await ownPolicy(execution) }
    return { value: pinned as unknown as Json }
  })
  // On record under this key is what was put there above.
  const { repository } = value as unknown as PinnedPolicy
  const bound = await policy.bindRepository(repository)
  if (!bound.ok)
    return blocked(`Its policy file can't be read, and a run without it is not held to it: ${bound.refusal}`)
  if (policy.effective.documents.length === 0) return undefined
  const facts = { mode: task.mode, repository: task.repository, levels: policy.effective.version }
  return askPolicy(execution, { action: 'run.prepare', state: 'preparing', facts, refusal: REFUSAL, again: ':bound' })
}

/**
 * Holds what was found to what policy leaves: the hosts of the sandbox profile, and every verifier that has to pass. One
 * that the verification profile lacks ends the run.
 */
export async function applyCaps(execution: Execution): Promise<Ending | undefined> {
  const caps = execution.parts.run_policy?.effective.caps
  if (caps === undefined) return undefined
  boundEgress(execution, caps.egress)
  return (await withinBudget(execution, caps.budgets)) ?? (await requireVerifiers(execution, caps.required_verifiers))
}

/** Limits are asked about as they stand now: what was added since the run began counts as well. */
async function withinBudget(execution: Execution, budgets: PolicyBudgets): Promise<Ending | undefined> {
  if (budgets.run === undefined) return undefined
  const { parts, run, task } = execution
  const { max_cost_usd, max_minutes, max_steps, max_tokens, max_repairs } = (await parts.store.budget(run.id)).limits
  const limits = { max_cost_usd, max_minutes, max_steps, max_tokens, max_repairs }
  const facts = { mode: task.mode, repository: task.repository, limits }
  const again = `:limits:${Object.values(limits).join('-')}`
  return askPolicy(execution, { action: 'run.prepare', state: 'preparing', facts, refusal: REFUSAL, again })
}

function boundEgress({ found }: Execution, { allowed_hosts, denied_hosts, ask }: EgressRules): void {
  const { sandbox } = found
  if (sandbox === undefined || (allowed_hosts === null && denied_hosts.length === 0 && ask)) return
  const { allowlist } = sandbox.network
  const open = allowlist
    .filter((host) => allowed_hosts === null || allowed_hosts.some((pattern) => coversHost(pattern, host)))
    .filter((host) => !denied_hosts.some((pattern) => coversHost(pattern, host)))
  const network = { allowlist: open, ask: sandbox.network.ask && ask }
  found.sandbox = sealSandboxProfile({ ...unversioned(sandbox), network })
}

async function requireVerifiers(execution: Execution, wanted: readonly string[]): Promise<Ending | undefined> {
  if (wanted.length === 0) return undefined
  const { found, task } = execution
  const profile = need(execution, 'profile')
  const phases = profile.phases.map((phase) => (wanted.includes(phase.id) ? { ...phase, required: true } : phase))
  found.profile = { ...profile, phases }
  const verifiers = phases.filter(({ required }) => required).map(({ id }) => id)
  const facts = { mode: task.mode, repository: task.repository, verifiers }
  return askPolicy(execution, {
    action: 'run.prepare',
    state: 'preparing',
    facts,
    refusal: REFUSAL,
    again: ':verifiers',
  })
}

const REFUSAL = 'Policy does not allow this run.'

async function ownPolicy(execution: Execution): Promise<string | null> {
  const { source, readFile } = treeOf(execution)
  for (const path of OWN_POLICIES) {
    const bytes = await readFile(source, path)
    // Cut well above what a policy may have, so that a longer one is refused and not read in part.
    if (bytes !== undefined) return new TextDecoder().decode(bytes.subarray(0, 300_000))
  }
  return null
}

function treeOf(execution: Execution) {
  const repository = need(execution, 'repository')
  return {
    source: repository.source.tree,
    readFile: (tree: string, path: string) => repository.readFile(tree, path),
  }
}

const blocked = (why: string): Ending => ({
  kind: 'end',
  state: 'blocked_policy',
  failure: 'policy_violation',
  what: REFUSAL,
  why,
})
