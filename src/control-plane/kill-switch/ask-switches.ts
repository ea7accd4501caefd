import { GanderError } from '#domain/failure'
import { stopFor, type StoppableAct, type SwitchQuestion, type SwitchStanding } from '#domain/kill-switch'
import type { SwitchCheck } from '#ports'

/** Goes on only where nothing stops this act. @throws GanderError `stopped` */
export async function askSwitches(check: SwitchCheck, act: StoppableAct, question: SwitchQuestion): Promise<void> {
  refuseStopped(await check.standing(question), act, question)
}

function refuseStopped(standing: SwitchStanding, act: StoppableAct, question: SwitchQuestion): void {
  const stop = stopFor(standing, act, question)
  if (stop === undefined) return
  throw new GanderError('stopped', `Nothing was done: ${stop.by}.`, { facts: { action: stop.action, act } })
}
