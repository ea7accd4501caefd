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
/** A run that is not on record is stopped by what is over everything and over its tenant. */
const NOTHING_KNOWN = { campaign_id: null, repository: '', capability: '' } as const

/**
 * Makes a board over the switches on record. It listens from the first question on: a hint that one moved makes it look
 * again at the next question. Without hints a reading is at most a second old all the same.
 */
export function createSwitchBoard(parts: {
  readonly switches: Pick<Switches, 'read' | 'questionOf' | 'watch'>
  readonly clock: Pick<Clock, 'now'>
}): SwitchBoard {
  const tenants = new Map<TenantId, SwitchMemory>()
  const questions = new Map<RunId, SwitchQuestion>()
  const hints = new Set<() => void>()
  let watching: Promise<() => Promise<void>> | undefined
  const hear = (): void => {
    for (const memory of tenants.values()) memory.doubt()
    for (const hint of hints) hint()
  }
  const memoryOf = (tenant: TenantId): SwitchMemory => {
    watching ??= parts.switches.watch(hear).catch(() => async () => {})
    const memory = tenants.get(tenant) ?? rememberSwitches(tenant, parts)
    tenants.set(tenant, memory)
    return memory
  }
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
      const question = (await questionOfRun(tenant, run)) ?? { ...NOTHING_KNOWN, tenant_id: tenant }
      return { question, standing: await memoryOf(tenant).standing(question) }
    },
    onHint(changed) {
      hints.add(changed)
      return () => hints.delete(changed)
    },
    close: async () => (await watching)?.(),
  }
}
