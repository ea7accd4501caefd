import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { Json } from '#domain/json'
import type { PinnedSource } from '#domain/task'
import type { VerificationProfile } from '#domain/verification'
import { DEFAULT_SANDBOX_LIMITS, type RunRepository } from '#ports'
import { findProfile, runSetup } from '#execution-plane/verifier'
import { openWorkspace } from '#execution-plane/workspace'
import { askPolicy } from './ask-policy.ts'
import { need, type Ending, type Execution } from './execution.ts'

/** Policy is asked, the sandbox is proved, the commit is opened, the profile found, the dependencies set up. */
export async function prepare(execution: Execution): Promise<Ending | undefined> {
  const refused = (await askPolicy(execution, runPreparation(execution))) ?? (await sandboxHolds(execution))
  if (refused !== undefined) return refused
  await execution.journal.advance('preparing', { policy_allows: true })
  await openRepository(execution)
  const ending = (await chooseProfile(execution)) ?? (await setUp(execution))
  if (ending !== undefined) return ending
  await openWork(execution)
  await drawSecret(execution)
  return undefined
}

const runPreparation = ({ task }: Execution) => ({
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

async function openRepository(execution: Execution): Promise<void> {
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
  found.repository = await parts.repositories.open(run.id, source satisfies PinnedSource)
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

async function setUp(execution: Execution): Promise<Ending | undefined> {
  const { parts, run, found, journal, signal } = execution
  const profile = need(execution, 'profile')
  const repository = need(execution, 'repository')
  const request = { profile: profile.version, tree: repository.source.tree }
  const done = await journal.perform({ key: 'setup', kind: 'workspace', request }, async () => {
    const setup = await runSetup({
      run_id: run.id,
      profile,
      driver: parts.driver,
      repository,
      layer_path: join(parts.runs_folder, run.id, 'setup'),
      proxy: parts.proxy,
      egress_folder: join(parts.runs_folder, run.id, 'egress'),
      limits: DEFAULT_SANDBOX_LIMITS,
      redactor: parts.redactor,
      artifacts: parts.artifacts,
      clock: parts.clock,
      signal,
    })
    const value = { outcome: setup.outcome, reason: setup.reason, layer: setup.layer?.path ?? null }
    return { value, events: setup.events, artifacts: setup.artifacts }
  })
  found.setup_layer = done.layer === null ? null : { path: done.layer }
  if (done.outcome === 'passed') return undefined
  const what = 'The dependencies could not be set up in the sandbox.'
  return { kind: 'end', state: 'failed', failure: 'setup_failed', what, why: done.reason }
}

/** The work sandbox starts at the tree the record speaks of, so a resumed run goes on where it was. */
async function openWork(execution: Execution): Promise<void> {
  const { parts, run, found, journal } = execution
  const repository = need(execution, 'repository')
  const workspace = await openWorkspace({
    driver: parts.driver,
    repository,
    run_id: run.id,
    setup_layer: found.setup_layer ?? null,
    tree: journal.recordedTree ?? repository.source.tree,
  })
  found.workspace = workspace
  found.fingerprint = workspace.sandbox.fingerprint
  const { id, fingerprint } = workspace.sandbox
  const facts = { sandbox_id: id, driver: parts.driver.name, fingerprint, purpose: 'work' }
  const written = await parts.store.write(run.id, execution.lease, { events: [{ event: 'sandbox_created', facts }] })
  if (!written.ok) throw new GanderError('lease_lost', written.refusal.message)
}

/** A secret nobody outside the platform knows, so that no text can close the delimiters it is put between. */
async function drawSecret({ found, journal }: Execution): Promise<void> {
  const secret = await journal.perform({ key: 'secret', kind: 'workspace', request: {} }, async () => ({
    value: randomBytes(32).toString('hex'),
  }))
  found.sign = (text) => createHmac('sha256', secret).update(text).digest('hex')
}
