import { join } from 'node:path'
import type { EventDraft } from '#domain/event'
import type { Json, JsonObject } from '#domain/json'
import type { VerificationProfile } from '#domain/verification'
import type { EgressRefusal, StepOutcome } from '#ports'
import { blockedHosts, runSetup } from '#execution-plane/verifier'
import { fencedSetup, limitsOf, sourceOnlyHint } from '#execution-plane/sandbox'
import { need, type Ending, type Execution } from '../execution.ts'
import { keepSetup, setupDigest, useKept, type SetupDigest } from './kept-setup.ts'
import { blocked, mayConnect } from './open-hosts.ts'
import { isWritten, planSetup, type SetupPlan } from './plan-setup.ts'

/** So often a person may open further hosts for one run; each round installs anew. */
const MOST_ROUNDS = 5

/**
 * Installs the dependencies, or copies what an earlier run kept of the same ones. Lockfiles are judged before anything
 * is fetched; a host that is not open is asked for, once for each set of hosts, or ends the run.
 */
export async function setUp(execution: Execution): Promise<Ending | undefined> {
  const profile = need(execution, 'profile')
  if ((profile.setup ?? []).length === 0) {
    execution.found.setup_layer = null
    return undefined
  }
  const { install_scripts } = need(execution, 'sandbox').packages
  const fenced = fencedSetup(profile, { install_scripts, written: isWritten(profile) })
  if (!fenced.ok) return refused('The setup may not run as it is written.', 'policy_violation', fenced.refusal.message)
  const plan = await planSetup(execution, fenced.value)
  if (plan.refused !== null)
    return refused('The lockfiles may not be installed from.', 'lockfile_refused', plan.refused)
  const opened: string[] = []
  const locked = await openLocked(execution, plan, opened)
  return locked ?? rounds(execution, { profile: fenced.value, plan, opened })
}

/** Hosts that a lockfile names are asked for before anything is fetched; where nothing may be fetched none is. */
async function openLocked(execution: Execution, plan: SetupPlan, opened: string[]): Promise<Ending | undefined> {
  const { allow_download } = need(execution, 'sandbox').packages
  if (plan.unknown.length === 0 || !allow_download) return undefined
  const named = plan.unknown.map((entry) => `${entry.path}:${entry.line}: ${entry.package} from ${entry.host}`)
  const answer = await mayConnect(execution, {
    round: 'lockfile',
    hosts: plan.unknown.map(({ host }) => ({ host, rule: 'egress.host' })),
    reason: `A lockfile names a host that is not open to this run: ${named.slice(0, 5).join('; ')}.`,
  })
  if (answer !== 'approved') return answer
  opened.push(...plan.unknown.map(({ host }) => host))
  return undefined
}

interface Work {
  readonly profile: VerificationProfile
  readonly plan: SetupPlan
  readonly opened: string[]
}

async function rounds(execution: Execution, work: Work): Promise<Ending | undefined> {
  const { install_scripts } = need(execution, 'sandbox').packages
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const done = await install(execution, round, work)
    execution.found.setup_layer = done.layer === null ? null : { path: done.layer }
    execution.found.setup_inputs = work.opened.length === 0 ? work.plan.inputs : null
    if (done.blocked.length === 0)
      return done.outcome === 'passed'
        ? undefined
        : setupFailed(`${done.reason}${sourceOnlyHint(done.reason, install_scripts)}`)
    const hosts = blockedHosts(done.blocked)
    const reason = `The setup of the dependencies asks for ${hosts.join(', ')}, which is not open to this run.`
    const answer = await mayConnect(execution, { round: String(round), hosts: done.blocked, reason })
    if (answer !== 'approved') return answer
    work.opened.push(...hosts)
  }
  return blocked(execution, `After ${MOST_ROUNDS} approvals the setup still asks for further hosts.`)
}

interface Installed {
  readonly outcome: 'passed' | 'failed'
  readonly reason: string
  readonly layer: string | null
  /** Refusals that kept a phase from passing. */
  readonly blocked: readonly EgressRefusal[]
}

async function install(execution: Execution, round: number, work: Work): Promise<Installed> {
  const { run, parts, journal } = execution
  const request = {
    profile: work.profile.version,
    tree: need(execution, 'repository').source.tree,
    sandbox: need(execution, 'sandbox').version,
    ...(work.opened.length > 0 && { opened: work.opened }),
  }
  const key = round === 0 ? 'setup' : `setup:${round}`
  const layer_path = join(parts.runs_folder, run.id, 'setup')
  const value = await journal.perform({ key, kind: 'workspace', request }, async () => {
    // An approval is good for one run, and so is what it let in.
    const inputs = work.opened.length === 0 ? work.plan.inputs : null
    const digest = inputs === null ? undefined : await setupDigest(execution, inputs)
    if (digest === undefined) return runNow(execution, work, layer_path)
    return kept(execution, { ...work, digest, layer_path })
  })
  // What is on record under this key was put there above.
  return value as unknown as Installed
}

/** A copy of a kept setup; where there is none, the setup runs and is kept. */
async function kept(
  execution: Execution,
  { digest, layer_path, ...work }: Work & { readonly digest: SetupDigest; readonly layer_path: string },
): Promise<StepOutcome<Json>> {
  const started = execution.parts.clock.now()
  const { restored, refused: tampered } = await useKept(execution, digest, layer_path)
  const warned = tampered.length === 0 ? {} : { cache_refused: [...tampered] }
  if (restored === undefined) {
    const done = await runNow(execution, work, layer_path)
    const isDone = (done.value as unknown as Installed).layer !== null
    return withFacts(done, { ...warned, ...(isDone ? await keepSetup(execution, digest, layer_path) : {}) })
  }
  const { files, bytes } = restored
  const duration_ms = Math.round(execution.parts.clock.now() - started)
  const facts = { profile: work.profile.id, result: 'passed', duration_ms, cache: 'used', files, bytes, ...warned }
  const value: Installed = { outcome: 'passed', reason: 'a kept setup was used', layer: layer_path, blocked: [] }
  return { value: value as unknown as Json, events: [{ event: 'setup_executed', facts }] }
}

const withFacts = (done: StepOutcome<Json>, facts: JsonObject): StepOutcome<Json> => ({
  ...done,
  events: (done.events ?? []).map(
    (event): EventDraft =>
      event.event === 'setup_executed' ? { ...event, facts: { ...event.facts, ...facts } } : event,
  ),
})

async function runNow(
  execution: Execution,
  { profile, plan, opened }: Work,
  layer_path: string,
): Promise<StepOutcome<Json>> {
  const { parts, run, signal } = execution
  const sandbox = need(execution, 'sandbox')
  const setup = await runSetup({
    run_id: run.id,
    profile: { ...profile, registry_hosts: plan.hosts },
    driver: parts.driver,
    repository: need(execution, 'repository'),
    layer_path,
    proxy: execution.switches.guardProxy(parts.proxy),
    egress_folder: join(parts.runs_folder, run.id, 'egress'),
    opened_hosts: opened,
    packages: sandbox.packages,
    longest_seconds: sandbox.resources.command_minutes * 60,
    limits: limitsOf(sandbox),
    redactor: parts.redactor,
    artifacts: parts.artifacts,
    clock: parts.clock,
    signal,
  })
  const stopped = setup.phases.some(({ outcome }) => outcome === 'failed' || outcome === 'timed_out')
  const hosts = stopped ? setup.refused.filter((refusal) => blockedHosts([refusal]).length > 0) : []
  const done: Installed = {
    outcome: setup.outcome,
    reason: setup.reason,
    layer: setup.layer?.path ?? null,
    blocked: hosts.slice(0, 20),
  }
  return { value: done as unknown as Json, events: setup.events, artifacts: setup.artifacts }
}

const setupFailed = (why: string): Ending => ({
  kind: 'end',
  state: 'failed',
  failure: 'setup_failed',
  what: 'The dependencies could not be set up in the sandbox.',
  why,
})

const refused = (what: string, failure: 'policy_violation' | 'lockfile_refused', why: string): Ending => ({
  kind: 'end',
  state: 'blocked_policy',
  failure,
  what,
  why,
})
