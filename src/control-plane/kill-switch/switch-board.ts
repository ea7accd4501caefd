import type { SwitchQuestion } from '#domain/kill-switch'
import type { RunId, TenantId } from '#domain/ids'
import type { Clock, SwitchCheck, Switches } from '#ports'
import { rememberSwitches, type SwitchMemory } from './switch-memory.ts'

/** Answers what is stopped, until it is closed. */
export interface SwitchBoard extends SwitchCheck {
  close(): Promise<void>
}

/** Runs whose question is remembered; it never changes. */
const MOST_RUNS = 10_000

/** Makes a board over the switches on record; a hint that one moved makes it look again at the next question. */
export async function createSwitchBoard(parts: {
  readonly switches: Pick<Switches, 'read' | 'questionOf' | 'watch'>
  readonly clock: Pick<Clock, 'now'>
}): Promise<SwitchBoard> {
  const tenants = new Map<TenantId, SwitchMemory>()
  const questions = new Map<RunId, SwitchQuestion>()
  const hints = new Set<() => void>()
  const memoryOf = (tenant: TenantId): SwitchMemory => {
    const memory = tenants.get(tenant) ?? rememberSwitches(tenant, parts)
    tenants.set(tenant, memory)
    return memory
  }
  // Without hints a reading is at most a second old all the same.
  const unwatch = await parts.switches
    .watch(() => {
      for (const memory of tenants.values()) memory.doubt()
      for (const hint of hints) hint()
    })
    .catch(() => async () => {})
  const questionOfRun = async (tenant: TenantId, run: RunId): Promise<SwitchQuestion | undefined> => {
    const known = questions.get(run)
    if (known !== undefined) return known
    const found = await parts.switches.questionOf(tenant, run).catch(() => undefined)
    if (questions.size >= MOST_RUNS) questions.clear()
    if (found !== undefined) questions.set(run, found)
    return found
  }
  return {
    standing: (question) => memoryOf(question.tenant_id).standing(question),
    standingNow: (question) => memoryOf(question.tenant_id).standingNow(question),
    async standingOfRun(tenant, run) {
      const question = await questionOfRun(tenant, run)
      if (question === undefined) return { question, standing: { known: false } }
      return { question, standing: await memoryOf(tenant).standing(question) }
    },
    onHint(changed) {
      hints.add(changed)
      return () => hints.delete(changed)
    },
    close: unwatch,
  }
}
