import { redactionEvents } from '#domain/event'
import type { AgentPhase } from '#domain/tool'
import type { AgentOutcome } from '#ports'
import { buildContext } from '#execution-plane/context'
import { waitForAct } from './approval-gate-acts.ts'
import { flagged, sharedSign } from './context-record.ts'
import { checkpoint, noWayLeft, openingForChanges } from './checkpoints.ts'
import { foresee, keepPlanRecord } from './foresee.ts'
import { notesOfEarlierRuns } from './earlier-runs.ts'
import { endingOf } from './ending-of-outcome.ts'
import { keep, need, reproductionRecorded, type Ending, type Execution } from './execution.ts'
import { lookAtCode, packetText } from './look-at-code.ts'
import { notesForContext } from './notes-for-context.ts'
import { treeReader } from './prepare.ts'
import { settleBaseline, startBaseline } from './verify.ts'

/** For a fix the baseline comes first: what it shows failing is the reproduction, and the planner sees it. */
export async function reproduce(execution: Execution): Promise<Ending | undefined> {
  const { journal, run } = execution
  const { commit, tree } = need(execution, 'repository').source
  if (run.is_fix) {
    await journal.advance('reproducing', { base_sha: commit, base_tree: tree })
    const ending = await settleBaseline(execution)
    if (ending !== undefined) return ending
    const { reproduction = { status: 'not_applicable', reason: 'not asked for' } } = execution.found
    const events = [reproductionRecorded(reproduction)]
    await journal.advance('planning', { base_sha: commit, base_tree: tree }, { events })
    return undefined
  }
  await journal.advance('planning', { base_sha: commit, base_tree: tree })
  return undefined
}

/** The agent reads and plans; the plan is accepted by rules before anything may be edited. */
export async function plan(execution: Execution): Promise<Ending | undefined> {
  const { found, run, journal } = execution
  const unfit = await foresee(execution)
  if (unfit !== undefined) return unfit
  const opening = await contextFor(execution)
  if (execution.task.agent.kind !== 'native') void startBaseline(execution)
  const ending = await planUntilAccepted(execution, opening)
  if (ending !== undefined) return ending
  if (run.mode === 'analysis_only') return undefined
  await journal.advance('editing', {
    plan_sha256: found.plan_sha256 ?? null,
    baseline_sha256: need(execution, 'before').profile_version,
    reproduction: found.reproduction ?? null,
    gates: { plan: 'pass' },
  })
  return undefined
}

/** One plan after the other until nobody asks for changes; each look of a person is a checkpoint of its own. */
async function planUntilAccepted(execution: Execution, first: string): Promise<Ending | undefined> {
  const { found, task } = execution
  let opening = first
  for (let round = 0; ; round++) {
    const outcome = await work(execution, 'planning', opening)
    if (outcome.kind === 'needs_leave') return waitForAct(execution, outcome.wanted)
    if (outcome.kind !== 'planned') return endingOf(outcome, 'plan_rejected')
    found.plan = outcome.plan
    found.plan_sha256 = outcome.plan_sha256
    const ending = await settleBaseline(execution)
    if (ending !== undefined) return ending
    await keepPlanRecord(execution)
    const reason = `The plan is made: ${outcome.plan.objective}`
    const word = await checkpoint(execution, 'plan', { round, subject: [`plan ${outcome.plan_sha256}`], reason })
    if (word.word === 'waits') return word.ending
    if (word.word === 'go_on') return undefined
    if (task.agent.kind === 'transform')
      return noWayLeft(word.by, word.words, 'A rule or a command plans the same again.')
    opening = openingForChanges(word.words, 'planning')
  }
}

/** Gives the agent the turn in a phase. */
export async function work(execution: Execution, phase: AgentPhase, opening: string): Promise<AgentOutcome> {
  const { run, task, journal, signal } = execution
  const agent = need(execution, 'agent')
  const tools = need(execution, 'tools')
  const system = need(execution, 'system')
  const { id: run_id, tenant_id } = run
  return agent.work({
    run_id,
    tenant_id,
    task,
    phase,
    system,
    opening,
    journal,
    tools,
    budget: () => journal.budget(),
    signal,
  })
}

async function contextFor(execution: Execution): Promise<string> {
  const { parts, task, found, journal } = execution
  const repository = need(execution, 'repository')
  const before = found.before ?? null
  const request = { commit: repository.source.commit, baseline: before?.profile_version ?? null }
  const built = await journal.perform({ key: 'context', kind: 'context', request }, async () => {
    const reader = treeReader(repository)
    const code = await lookAtCode(execution)
    const context = await buildContext({
      task,
      source: repository.source,
      map: code.map,
      packet: packetText(code),
      slices: code.slices,
      code_notes: code.notes,
      notes: [...(await notesForContext(execution)), ...(await notesOfEarlierRuns(execution))],
      baseline: before,
      list: await reader.list(),
      read: reader.read,
      sign: need(execution, 'sign'),
      ...sharedSign(execution),
    })
    const opening = await parts.redactor.redact(context.opening)
    const manifest = await keep(
      execution,
      'context_manifest',
      'context.json',
      JSON.stringify(context.manifest, null, 2),
    )
    const { items, token_count } = context.manifest
    const facts = {
      items: items.length,
      manifest_hash: manifest.sha256,
      token_count,
      ...flagged(items),
      ...(code.notes.length === 0 ? {} : { notes: [...code.notes] }),
    }
    return {
      value: { system: context.system, opening: opening.text, manifest: manifest.sha256 },
      artifacts: [manifest],
      events: [{ event: 'context_built' as const, facts }, ...redactionEvents('context', opening)],
    }
  })
  found.system = built.system
  found.context_manifest = built.manifest
  return built.opening
}
