import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { approvalFingerprint, type ApprovalRequest } from '#domain/approval'
import { nextAction } from '#domain/failure'
import type { Json } from '#domain/json'
import type { EgressRefusal } from '#ports'
import { blockedHosts, runSetup } from '#execution-plane/verifier'
import { limitsOf } from '#execution-plane/sandbox'
import { decidePolicy } from './ask-policy.ts'
import { need, type Ending, type Execution } from './execution.ts'

/** So often a person may open further hosts for one run; each round installs anew. */
const MOST_ROUNDS = 5

/** Installs the dependencies. A host that is not open is asked for, once for each set of hosts, or ends the run. */
export async function setUp(execution: Execution): Promise<Ending | undefined> {
  const opened: string[] = []
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const done = await install(execution, round, opened)
    execution.found.setup_layer = done.layer === null ? null : { path: done.layer }
    if (done.blocked.length === 0) return done.outcome === 'passed' ? undefined : setupFailed(done.reason)
    const answer = await mayConnect(execution, round, done)
    if (answer !== 'approved') return answer
    opened.push(...blockedHosts(done.blocked))
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

async function install(execution: Execution, round: number, opened: readonly string[]): Promise<Installed> {
  const { parts, run, journal, signal } = execution
  const profile = need(execution, 'profile')
  const repository = need(execution, 'repository')
  const sandbox = need(execution, 'sandbox')
  const request = {
    profile: profile.version,
    tree: repository.source.tree,
    sandbox: sandbox.version,
    ...(opened.length > 0 && { opened }),
  }
  const key = round === 0 ? 'setup' : `setup:${round}`
  const value = await journal.perform({ key, kind: 'workspace', request }, async () => {
    const setup = await runSetup({
      run_id: run.id,
      profile,
      driver: parts.driver,
      repository,
      layer_path: join(parts.runs_folder, run.id, 'setup'),
      proxy: parts.proxy,
      egress_folder: join(parts.runs_folder, run.id, 'egress'),
      opened_hosts: [...sandbox.network.allowlist, ...opened],
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
  })
  // What is on record under this key was put there above.
  return value as unknown as Installed
}

const setupFailed = (why: string): Ending => ({
  kind: 'end',
  state: 'failed',
  failure: 'setup_failed',
  what: 'The dependencies could not be set up in the sandbox.',
  why,
})

const blocked = ({ run }: Execution, why: string): Ending => ({
  kind: 'end',
  state: 'blocked_policy',
  failure: 'egress_blocked',
  what: 'The setup needs a host that this run may not reach.',
  why: `${why} ${nextAction('egress_blocked', run.id)}`,
})

/** Policy is asked about each host; one no ends the run, and what is left a person decides at once. */
async function mayConnect(execution: Execution, round: number, done: Installed): Promise<Ending | 'approved'> {
  const { network, packages } = need(execution, 'sandbox')
  const may_ask = network.ask && packages.allow_download
  const reasons: string[] = []
  for (const { host, rule } of done.blocked) {
    const facts = { host, rule, may_ask, round }
    const key = `policy:egress.connect:${round}:${rule}:${host}`
    const decision = await decidePolicy(execution, { action: 'egress.connect', state: 'preparing', facts, key })
    if (decision.answer === 'deny') return blocked(execution, `${done.reason} ${decision.explanation}`)
    if (decision.answer === 'ask') reasons.push(decision.explanation)
  }
  if (reasons.length === 0) return 'approved'
  const hosts = blockedHosts(done.blocked)
  return approval(execution, round, hosts)
}

/** The answer of a person to exactly this question; where there is none yet, the run waits for it. */
async function approval(execution: Execution, round: number, hosts: readonly string[]): Promise<Ending | 'approved'> {
  const { parts, run, journal } = execution
  const action = 'egress.connect'
  const key = `approval:${action}:${round}`
  if (journal.recorded(key)) {
    await journal.perform({ key, kind: 'gate', request: { hosts } }, () => Promise.reject(new Error('is on record')))
    return 'approved'
  }
  const bound = { run: run.id, action, subject: hosts, policy_version: parts.policy.version }
  const fingerprint = approvalFingerprint((text) => createHash('sha256').update(text).digest('hex'), bound)
  const approvals = await parts.store.approvals(run.id)
  const given = approvals.find((known) => known.fingerprint === fingerprint && known.decision === 'approved')
  if (given !== undefined) {
    await journal.perform({ key, kind: 'gate', request: { hosts } }, async () => ({
      value: { approval: given.id, by: given.decided_by, fingerprint },
    }))
    return 'approved'
  }
  const request: ApprovalRequest = {
    id: parts.identifiers.make('approval'),
    kind: 'egress',
    action,
    subject: hosts,
    fingerprint,
    policy_version: bound.policy_version,
    reason: `The setup of the dependencies asks for ${hosts.join(', ')}, which is not open to this run.`,
  }
  return { kind: 'approval', request }
}
