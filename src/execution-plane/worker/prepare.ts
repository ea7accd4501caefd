import { createHmac, randomBytes } from 'node:crypto'
import { GanderError } from '#domain/failure'
import type { Json } from '#domain/json'
import { ok } from '#domain/result'
import { DEFAULT_SANDBOX_PROFILE, type SandboxProfile } from '#domain/sandbox'
import type { PinnedSource, TaskScope } from '#domain/task'
import type { VerificationProfile } from '#domain/verification'
import type { RunRepository } from '#ports'
import { limitsOf, narrowed, OWN_SANDBOX_PROFILES, sealSandboxProfile } from '#execution-plane/sandbox'
import { findProfile } from '#execution-plane/verifier'
import { openWorkspace } from '#execution-plane/workspace'
import { askPolicy } from './ask-policy.ts'
import { probeSandbox } from './binding-probes.ts'
import { boundedPaths, boundedProfile } from './capability-bounds.ts'
import { capabilityOpen } from './capability-open.ts'
import { seatGuest } from './guest.ts'
import { withAgreedPaths } from './guest-leave.ts'
import { need, type Ending, type Execution } from './execution.ts'
import { beginLook } from './look-at-code.ts'
import { readRiskOfTask } from './risk.ts'
import { applyCaps, bindPolicy } from './run-policy.ts'
import { startAgain } from './start-again.ts'
import { setUp } from './setup/set-up.ts'

/** Policy is asked, the sandbox is proved, the commit is opened, the profile found, the dependencies set up. */
export async function prepare(execution: Execution): Promise<Ending | undefined> {
  const refused =
    (await askPolicy(execution, runPreparation(execution))) ??
    (await sandboxHolds(execution)) ??
    (await capabilityOpen(execution))
  if (refused !== undefined) return refused
  await execution.journal.advance('preparing', { policy_allows: true })
  await openRepository(execution)
  await beginLook(execution)
  const closed = await bindPolicy(execution)
  if (closed !== undefined) return closed
  await readRiskOfTask(execution)
  const ending =
    (await chooseSandbox(execution)) ??
    (await chooseProfile(execution)) ??
    (await applyCaps(execution)) ??
    (await setUp(execution))
  if (ending !== undefined) return ending
  const breached = await openWork(execution)
  if (breached !== undefined) return breached
  await drawSecret(execution)
  return undefined
}

/** The question whether a run may begin. */
export const runPreparation = ({ task }: Execution) => ({
  action: 'run.prepare',
  state: 'leased' as const,
  facts: { mode: task.mode, repository: task.repository },
  refusal: 'Policy does not allow this run.',
})

/** A sandbox that lacks a required control is refused, never used weakened. */
async function sandboxHolds({ parts }: Execution): Promise<Ending | undefined> {
  const probe = await parts.probe()
  const lacking = probe.controls.filter((control) => control.required && !control.held)
  if (probe.available && lacking.length === 0) return undefined
  const why = probe.available
    ? lacking.map((control) => `${control.control}: ${control.detail}. ${control.remedy ?? ''}`.trim()).join(' ')
    : `${probe.reason ?? 'no sandbox driver works here'}. ${probe.remedy ?? ''}`.trim()
  const what = 'There is no sandbox that holds, and no run works without one.'
  return { kind: 'end', state: 'failed', failure: 'sandbox_unavailable', what, why }
}

/** Opens the pinned commit; for a review the proposed one beside it. */
export async function openRepository(execution: Execution): Promise<void> {
  const { parts, run, task, found, journal } = execution
  const source = await journal.perform(
    { key: 'source', kind: 'workspace', request: { repository: task.repository } },
    async () => {
      const pinned = task.source ?? (await parts.repositories.resolve(task.repository, task.base_ref))
      const { repository, ref, commit, uncommitted } = pinned
      const facts = { repository, ref, commit, uncommitted: uncommitted.length }
      return { value: { ...pinned }, events: [{ event: 'repository_cloned', facts }] }
    },
  )
  found.repository = await parts.repositories.open(run.id, source satisfies PinnedSource, task.review?.head)
}

async function chooseProfile(execution: Execution): Promise<Ending | undefined> {
  const { parts, task, found, journal } = execution
  const repository = need(execution, 'repository')
  const request = { choice: task.verification === null ? null : { ...task.verification } }
  const answer = await journal.perform({ key: 'profile', kind: 'workspace', request }, async () => {
    const result = await findProfile(treeReader(repository), task.verification, parts.registries)
    return { value: (result.ok ? { profile: result.value } : { refusal: result.refusal }) as unknown as Json }
  })
  const { profile, refusal } = answer as unknown as {
    profile?: VerificationProfile
    refusal?: { code: string; message: string }
  }
  if (profile === undefined) {
    const what = 'There is nothing to prove a change with.'
    return {
      kind: 'end',
      state: 'failed',
      failure: 'no_verifier',
      what,
      why: refusal?.message ?? 'no profile was found',
    }
  }
  found.profile = profile
  return undefined
}

/** Reads files of the base commit, never of a workspace. */
export function treeReader(repository: RunRepository) {
  const { tree } = repository.source
  return { list: () => repository.listFiles(tree), read: (path: string) => repository.readFile(tree, path) }
}

/** The operator's profile, narrowed by the base commit's own; what it allows is the most that anything later may do. */
async function chooseSandbox(execution: Execution): Promise<Ending | undefined> {
  const { parts, task, found, journal } = execution
  const given = boundedProfile(task.sandbox ?? sealSandboxProfile(DEFAULT_SANDBOX_PROFILE), task.grant)
  const reader = treeReader(need(execution, 'repository'))
  const answer = await journal.perform(
    { key: 'sandbox', kind: 'workspace', request: { profile: given.version } },
    async () => {
      const own = await ownSandboxProfile(reader)
      const result = own === undefined ? ok(given) : await narrowed(given, own, parts.sandbox_profile)
      return { value: (result.ok ? { profile: result.value } : { refusal: result.refusal.message }) as unknown as Json }
    },
  )
  // What is on record under this key was put there above.
  const { profile, refusal } = answer as unknown as { profile?: SandboxProfile; refusal?: string }
  if (profile === undefined)
    return {
      kind: 'end',
      state: 'failed',
      failure: 'setup_failed',
      what: "The repository's sandbox profile cannot be read.",
      why: refusal ?? 'it is no sandbox profile',
    }
  found.sandbox = profile
  execution.task = boundedPaths({ ...task, scope: within(task.scope, profile) })
  return sandboxAllowed(execution)
}

async function ownSandboxProfile(reader: ReturnType<typeof treeReader>) {
  for (const path of OWN_SANDBOX_PROFILES) {
    const bytes = await reader.read(path)
    if (bytes !== undefined) return { source: new TextDecoder().decode(bytes.subarray(0, 100_000)), path }
  }
  return undefined
}

/** The scope with what the profile keeps closed; one that closes nothing leaves it as it is. */
function within(scope: TaskScope, { filesystem }: SandboxProfile): TaskScope {
  const { writable_paths, read_only_paths } = filesystem
  const open = writable_paths.length > 0 && writable_paths.every((group) => group.includes('**'))
  return {
    ...scope,
    ...(open ? {} : { writable_paths }),
    ...(read_only_paths.length === 0 ? {} : { read_only_paths }),
  }
}

/** Whether this machine's sandbox is what profile and trust require: a recorded decision, never silently less. */
async function sandboxAllowed(execution: Execution): Promise<Ending | undefined> {
  const { parts, task } = execution
  const { requires, resources, version } = need(execution, 'sandbox')
  const probe = await parts.probe()
  const held = new Set(probe.controls.filter((control) => control.held).map(({ control }) => control))
  const facts = {
    trust: task.trust,
    profile: version,
    isolation: probe.isolation,
    required_isolation: requires.isolation,
    missing_controls: requires.controls.filter((control) => !held.has(control)),
    empty_resources: Object.entries(resources)
      .filter(([, figure]) => figure <= 0)
      .map(([name]) => name),
  }
  const refusal = 'The sandbox of this machine is not what this run requires.'
  return askPolicy(execution, { action: 'sandbox.open', state: 'preparing', facts, refusal })
}

/** The work sandbox starts at the tree the record speaks of, so a resumed run goes on where it was; it is tried first. */
async function openWork(execution: Execution): Promise<Ending | undefined> {
  const { parts, run, found, journal } = execution
  const repository = need(execution, 'repository')
  execution.task = await withAgreedPaths(execution)
  const seat = await seatGuest(execution)
  const wish = {
    ...seat,
    driver: parts.driver,
    repository,
    run_id: run.id,
    setup_layer: found.setup_layer ?? null,
    tree: journal.recordedTree ?? repository.source.tree,
    limits: limitsOf(need(execution, 'sandbox')),
  }
  const workspace = await startAgain(parts.clock, execution.signal, () => openWorkspace(wish))
  found.workspace = workspace
  found.fingerprint = workspace.sandbox.fingerprint
  const { id, fingerprint } = workspace.sandbox
  const facts = { sandbox_id: id, driver: parts.driver.name, fingerprint, purpose: seat.purpose }
  const { events, ending } = await probeSandbox(execution, workspace.sandbox)
  const told = [{ event: 'sandbox_created' as const, facts }, ...events]
  const written = await parts.store.write(run.id, execution.lease, { events: told })
  if (!written.ok) throw new GanderError('lease_lost', written.refusal.message)
  return ending
}

/** A secret nobody outside the platform knows, so that no text can close the delimiters it is put between. */
export async function drawSecret({ found, journal }: Execution): Promise<void> {
  const secret = await journal.perform({ key: 'secret', kind: 'workspace', request: {} }, async () => ({
    value: randomBytes(32).toString('hex'),
  }))
  found.sign = (text) => createHmac('sha256', secret).update(text).digest('hex')
}
