import { mkdir, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { EventDraft } from '#domain/event'
import { probeBinding, type BindingReport } from '#execution-plane/sandbox'
import type { Sandbox } from '#ports'
import type { Ending, Execution } from './execution.ts'

/**
 * What must not be the worker's own. Containers of an engine share its user namespace unless its daemon remaps it; what a
 * process could gain from that is tried by itself: privileges it has, and calls that would give it some.
 */
const NAMESPACES = ['mnt', 'pid', 'net', 'ipc', 'uts'] as const

/** What a try of the forbidden acts in a run's own sandbox came to. */
interface Probed {
  readonly events: readonly EventDraft[]
  /** The end of the run where an act succeeded or could not be tried. */
  readonly ending: Ending | undefined
}

/**
 * Tries what no command of a run may do, in the sandbox that its commands will have, each time one is opened. Whatever
 * succeeds aborts the run before its agent has had a turn.
 */
export async function probeSandbox({ parts, run }: Execution, sandbox: Sandbox): Promise<Probed> {
  const folder = join(parts.runs_folder, run.id)
  const canary = join(folder, 'canary')
  await mkdir(folder, { recursive: true })
  // Readable for everybody: what keeps it from being read must be the sandbox alone.
  await writeFile(canary, 'a file of the worker, outside of every sandbox\n', { mode: 0o666 })
  const namespaces = Object.fromEntries(
    await Promise.all(NAMESPACES.map(async (name) => [name, await readlink(`/proc/self/ns/${name}`)] as const)),
  )
  const report = await probeBinding(sandbox, { canary, hidden: folder, namespaces, architecture: process.arch })
  return { events: eventsOf(sandbox, report), ending: endingOf(report) }
}

function eventsOf(sandbox: Sandbox, { tried, broken, duration_ms }: BindingReport): readonly EventDraft[] {
  const facts = { sandbox_id: sandbox.id, tried, broken: [...broken], duration_ms: Math.round(duration_ms) }
  const probed: EventDraft = { event: 'sandbox_probed', facts }
  if (broken.length === 0) return [probed]
  return [probed, { event: 'incident_opened', facts: { kind: 'sandbox_breached', where: broken.join(', ') } }]
}

function endingOf({ broken, unproven, tried }: BindingReport): Ending | undefined {
  const end = { kind: 'end', state: 'failed' } as const
  if (broken.length > 0)
    return {
      ...end,
      failure: 'sandbox_breached',
      what: 'The sandbox let through what no command of a run may do.',
      why: `Of ${tried} forbidden acts these succeeded: ${broken.join(', ')}.`,
    }
  if (unproven === null) return undefined
  return {
    ...end,
    failure: 'sandbox_unavailable',
    what: 'The sandbox could not be proved, and no run works in one that is not.',
    why: unproven,
  }
}
