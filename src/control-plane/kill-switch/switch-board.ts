import {
  actionsFor,
  STATE_UNKNOWN_AFTER_MS,
  SWITCH_ACTIONS,
  type KillSwitch,
  type SwitchAction,
  type SwitchQuestion,
} from '#domain/kill-switch'
import type { Clock, Switches } from '#ports'

/** Answers what is stopped for one act. */
export interface SwitchBoard {
  /** Every action that holds; all of them where the switches could not be read for ten seconds. */
  actions(question: SwitchQuestion): Promise<ReadonlySet<SwitchAction>>
  close(): Promise<void>
}

/** How long a reading is believed without looking again. */
const FRESH_MS = 1_000

/** Makes a board over the switches on record; a hint that one moved drops what is remembered. */
export async function createSwitchBoard(parts: {
  readonly switches: Switches
  readonly clock: Pick<Clock, 'now'>
}): Promise<SwitchBoard> {
  const { switches, clock } = parts
  let held: { readonly at: number; readonly switches: readonly KillSwitch[] } | undefined
  let reading: Promise<void> | undefined
  const read = async () => {
    const at = clock.now()
    try {
      held = { at, switches: (await switches.thrown()).switches }
    } catch {
      // What was read last counts until it is too old to be believed.
    }
  }
  const unwatch = await switches.watch(() => {
    if (held !== undefined) held = { ...held, at: Math.min(held.at, clock.now() - FRESH_MS) }
  })
  return {
    async actions(question) {
      if (held === undefined || clock.now() - held.at >= FRESH_MS) {
        reading ??= read().finally(() => (reading = undefined))
        await reading
      }
      if (held === undefined || clock.now() - held.at >= STATE_UNKNOWN_AFTER_MS) return new Set(SWITCH_ACTIONS)
      return actionsFor(held.switches, question)
    },
    close: unwatch,
  }
}
