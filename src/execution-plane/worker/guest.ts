import { GanderError } from '#domain/failure'
import { createGuestAgent, guestCliOf } from '#execution-plane/agents'
import type { Agent, FoundGuest, ReadOnlyView } from '#ports'
import { need, type Execution } from './execution.ts'

/** A guest's commands may be silent for as long as the slowest test suites are. */
const STALL_MS = 30 * 60_000

/** How the run's sandbox differs where a guest works in it. */
export interface GuestSeat {
  readonly purpose: 'work' | 'guest'
  readonly read_only: readonly ReadOnlyView[]
}

/** Finds the guest's program before its sandbox is opened. @throws GanderError `guest_not_found` */
export async function seatGuest(execution: Execution): Promise<GuestSeat> {
  const { agent } = execution.task
  if (agent.kind !== 'guest') return { purpose: 'work', read_only: [] }
  const [program = '', ...words] = agent.guest.kind === 'known' ? [agent.guest.id] : agent.guest.argv
  const { found, reason } = await execution.parts.guests.find(program)
  if (found !== null) {
    execution.found.guest = { ...found, argv: [...found.argv, ...words] }
    return { purpose: 'guest', read_only: found.read_only }
  }
  if (agent.guest.kind === 'known')
    throw new GanderError('guest_not_found', `${program} was not found. ${reason ?? ''}`.trim(), {
      facts: { guest: program },
    })
  // Whatever the sandbox has on its own path needs no view; if it has none, the start says so.
  execution.found.guest = { id: program.slice(0, 100), version: 'unknown', argv: [program, ...words], read_only: [] }
  return { purpose: 'guest', read_only: [] }
}

/** The guest of this run, bound to its sandbox, journal and lease. */
export function guestFor(execution: Execution): Agent {
  const { parts, run, lease, task, journal } = execution
  const { agent } = task
  if (agent.kind !== 'guest') throw new GanderError('internal', `A ${agent.kind} task has no guest.`)
  const workspace = need(execution, 'workspace')
  const repository = need(execution, 'repository')
  const found: FoundGuest = need(execution, 'guest')
  return createGuestAgent({
    found,
    cli: guestCliOf(agent.guest),
    model: agent.model,
    gateway: parts.gateway,
    tool_desk: parts.guest_tools,
    stall_ms: STALL_MS,
    sandbox: workspace.sandbox,
    checkpoint: () => workspace.checkpoint(),
    tree: () => journal.tree() ?? repository.source.tree,
    changedFiles: async (from, to) => (await repository.diff(from, to)).files.length,
    fence: lease.fence,
    note: async (events) => {
      const written = await parts.store.write(run.id, lease, { events })
      if (!written.ok) throw new GanderError('lease_lost', written.refusal.message)
    },
    redactor: parts.redactor,
    artifacts: parts.artifacts,
    clock: parts.clock,
  })
}
