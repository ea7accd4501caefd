import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError, nextAction } from '#domain/failure'
import { isEnd, type Run } from '#domain/run'
import { createNativeAgent, createTransformAgent } from '#execution-plane/agents'
import { createToolGateway } from '#execution-plane/tool-gateway'
import { checkPlan } from '#execution-plane/planner'
import type { Agent, AgentTools, LeasedRun, ModelGateway } from '#ports'
import { agreementOf } from './approval-gate-acts.ts'
import { withinCapability } from './capability-bounds.ts'
import { change } from './change.ts'
import { deliver, type Delivered } from './deliver.ts'
import { explain } from './diagnosis.ts'
import type { Drain } from './drain.ts'
import { endingOfError } from './ending-of-outcome.ts'
import { need, type Ending, type Execution, type Found, type WorkerParts } from './execution.ts'
import { guestFor } from './guest.ts'
import { keepLease, WorkStopped } from './lease-keeper.ts'
import { plan, reproduce } from './plan.ts'
import { prepare, treeReader } from './prepare.ts'
import { prepareReview, reviewProposal } from './review-proposal.ts'
import { openRunJournal } from './run-journal.ts'
import { withRunPolicy } from './run-policy.ts'
import { sealPacket } from './seal-packet.ts'
import { watchSwitches } from './stop-watch.ts'
import { startBaseline, verify } from './verify.ts'

/** The phases of a run in their order; the first that says how the run ends is the last. */
const PHASES = [prepare, bindTools, reproduce, plan] as const

/** A review reads two commits and writes nothing: it has no workspace, no plan and no verification of its own. */
const PHASES_OF_REVIEW = [prepareReview, reviewProposal] as const

/** Works on a leased run until it ends, waits, or is no longer this worker's. Undefined in the last case. */
export async function executeRun(
  given: WorkerParts,
  leased: LeasedRun,
  { now, parting }: Partial<Pick<Drain, 'now' | 'parting'>> = {},
): Promise<Run | undefined> {
  const parts = await withRunPolicy(given, leased)
  const keeper = keepLease(parts.store, leased.run.id, leased.lease)
  const switches = watchSwitches(parts.switches, leased.task)
  try {
    const signal = AbortSignal.any([keeper.signal, switches.signal, ...(now === undefined ? [] : [now])])
    return await work(await begin(parts, leased, { signal, switches, ...(parting && { parting }) }))
  } finally {
    switches.stop()
    keeper.stop()
  }
}

async function work(execution: Execution): Promise<Run | undefined> {
  const { found, parts } = execution
  let left: Run | undefined
  try {
    left = await close(execution, await untilStopped(execution))
  } catch (error) {
    left = await closeBroken(execution, error)
  } finally {
    await found.baseline?.catch(() => undefined)
    await found.foreign_tools?.close()
    await found.workspace?.close()
  }
  if (left !== undefined && isEnd(left.state)) await forgetSetup(parts, left.id)
  return left
}

/** Dependencies are the bulk of what a run keeps on disk, and an ended run needs them no more. */
async function forgetSetup({ runs_folder }: WorkerParts, run: string): Promise<void> {
  // What cannot be removed now only takes space; the run has ended either way.
  await rm(join(runs_folder, run, 'setup'), { recursive: true, force: true }).catch(() => undefined)
}

async function begin(
  parts: WorkerParts,
  leased: LeasedRun,
  { signal, parting, switches }: Pick<Execution, 'signal' | 'switches'> & { readonly parting?: AbortSignal },
): Promise<Execution> {
  const { run, task, lease } = leased
  const [overview, steps] = await Promise.all([parts.store.load(run.id), parts.store.steps(run.id)])
  if (overview === undefined) throw new GanderError('run_not_found', `run ${run.id} is gone`)
  const { store, clock } = parts
  const { limits } = overview
  const leave = () => switches.leave('work')
  const journal = openRunJournal({ store, clock, run, lease, limits, steps, leave, ...(parting && { parting }) })
  const found: Found = {
    agreed: new Map(),
    verdicts: new Map(),
    reports: new Map(),
    summary: '',
    repairs: 0,
    send_backs: 0,
  }
  if (run.state === 'leased' && run.resume_to !== null) await journal.close({ type: 'resume' })
  const bounded = { ...parts, policy: withinCapability(parts.policy, task, () => found.risk) }
  return { parts: bounded, run, lease, task, created_at: overview.created_at, journal, signal, switches, found }
}

async function agentFor(execution: Execution): Promise<Agent> {
  const { parts, task } = execution
  if (task.agent.kind === 'native') {
    const gateway = besideBaseline(execution)
    return createNativeAgent({ gateway, prices: parts.prices, clock: parts.clock })
  }
  if (task.agent.kind === 'guest') return guestFor(execution)
  const reader = treeReader(need(execution, 'repository'))
  return createTransformAgent({ list: await reader.list(), read: reader.read })
}

/** The baseline is verified while the model thinks: before the first call it would only make that one wait. */
function besideBaseline(execution: Execution): ModelGateway {
  const { gateway } = execution.parts
  return {
    admit: (admission) => gateway.admit(admission),
    call: (call, signal) => {
      const answer = gateway.call(call, signal)
      void startBaseline(execution)
      return answer
    },
  }
}

type Stopped = Ending | Delivered

async function untilStopped(execution: Execution): Promise<Stopped> {
  for (const phase of execution.task.review === undefined ? PHASES : PHASES_OF_REVIEW) {
    execution.signal.throwIfAborted()
    const ending = await phase(execution)
    if (ending !== undefined) return ending
  }
  if (execution.run.mode !== 'analysis_only') {
    const ending = await change(execution)
    if (ending !== undefined) return ending
  }
  execution.signal.throwIfAborted()
  return deliver(execution)
}

/** Binds the tools to this run: its sandbox, its journal and its verifier. */
async function bindTools(execution: Execution): Promise<Ending | undefined> {
  const { parts, run, task, journal, found, signal } = execution
  const repository = need(execution, 'repository')
  const workspace = need(execution, 'workspace')
  found.agent = await agentFor(execution)
  const gateway = createToolGateway({
    policy: parts.policy,
    redactor: parts.redactor,
    artifacts: parts.artifacts,
    identifiers: parts.identifiers,
    files: parts.files,
    checkPlan: (proposed) => checkPlan(proposed, task),
  })
  const tools = gateway.bind({
    run_id: run.id,
    tenant_id: run.tenant_id,
    task,
    journal,
    sandbox: workspace.sandbox,
    longest_command_seconds: need(execution, 'sandbox').resources.command_minutes * 60,
    repository,
    tree: () => journal.tree() ?? repository.source.tree,
    checkpoint: () => workspace.checkpoint(),
    verify: async () => {
      const { tree } = await workspace.checkpoint()
      const report = await verify(execution, { tree })
      return { report, text: explain(execution, report) }
    },
    leave: () => execution.switches.leave('work'),
    agreement: agreementOf(execution),
    signal,
    clock: parts.clock,
  })
  found.tools = await besideForeign(execution, tools)
  return undefined
}

/** Adds the tools of foreign servers for an agent that chooses its tools itself. */
async function besideForeign({ parts, run, task, journal, found, signal, switches }: Execution, tools: AgentTools) {
  if (parts.foreign_tools === undefined || task.agent.kind !== 'native') return tools
  found.foreign_tools = await parts.foreign_tools.bind({
    run_id: run.id,
    tenant_id: run.tenant_id,
    task,
    journal,
    signal,
    clock: parts.clock,
    leave: () => switches.leave('work'),
    folder: join(parts.runs_folder, run.id),
    policy: parts.policy,
    sign: () => found.sign,
  })
  return found.foreign_tools.withForeignTools(tools)
}

async function close(execution: Execution, stopped: Stopped): Promise<Run> {
  const { journal } = execution
  if (!('kind' in stopped)) return journal.close({ type: 'complete', ...stopped })
  if (stopped.kind === 'pause')
    return journal.close({ type: 'pause', reason: stopped.reason, explanation: stopped.explanation })
  if (stopped.kind === 'approval') return journal.close({ type: 'await_approval', approval: stopped.request })
  return endWith(execution, stopped)
}

/** What ends badly keeps its work: the tree so far, a diagnosis and the next action, in a packet like any other. */
async function endWith(execution: Execution, ending: Extract<Ending, { kind: 'end' }>): Promise<Run> {
  const { journal, run } = execution
  const diagnosis = {
    class: ending.failure,
    what: ending.what,
    why: ending.why,
    next: nextAction(ending.failure, run.id),
  }
  await keepWork(execution)
  const { sha256 } = await sealPacket(execution, { state: ending.state, summary: ending.what, diagnosis })
  return journal.close({ type: 'end', state: ending.state, diagnosis, packet_sha256: sha256 })
}

/** A run that stops in the middle of its edits has a tree, though no gate has looked at it yet. */
async function keepWork(execution: Execution): Promise<void> {
  const { found, journal } = execution
  const tree = journal.tree()
  if (found.repository === undefined || tree === undefined) return
  found.change = await found.repository.diff(found.repository.source.tree, tree)
}

async function closeBroken(execution: Execution, error: unknown): Promise<Run | undefined> {
  const cause = execution.signal.aborted ? execution.signal.reason : error
  if (cause instanceof WorkStopped) return stopped(execution, cause)
  const ending = endingOfError(error)
  if (ending === undefined) return undefined
  try {
    return await close(execution, ending)
  } catch (second) {
    if (second instanceof WorkStopped || endingOfError(second) === undefined) return undefined
    return withoutPacket(execution, ending)
  }
}

/** When not even a packet can be made, the run still reaches a defined state with its diagnosis. */
async function withoutPacket({ journal, run }: Execution, ending: Ending): Promise<Run> {
  if (ending.kind !== 'end')
    return journal.close({ type: 'end', state: 'failed', packet_sha256: null, diagnosis: unpaused(ending, run.id) })
  const diagnosis = {
    class: ending.failure,
    what: ending.what,
    why: ending.why,
    next: nextAction(ending.failure, run.id),
  }
  return journal.close({ type: 'end', state: ending.state, diagnosis, packet_sha256: null })
}

const unpaused = (ending: Exclude<Ending, { kind: 'end' }>, run: string) => ({
  class: 'internal' as const,
  what: 'The run could not be paused.',
  why: ending.kind === 'pause' ? ending.explanation : ending.request.reason,
  next: nextAction('internal', run),
})

async function stopped(execution: Execution, cause: WorkStopped): Promise<Run | undefined> {
  if (cause.reason !== 'cancelled') return undefined
  const run = await execution.journal.close({ type: 'cancel', by: cause.by })
  return isEnd(run.state) ? run : undefined
}
