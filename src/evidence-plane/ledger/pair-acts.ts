import type { LedgerEvent } from '#domain/event'
import { actTold, type AuditDefect, type GatewayAct } from '#domain/ledger'

/** Lays a gateway's acts beside the events that tell of them. */
export interface ActPairing {
  act(act: GatewayAct): void
  event(event: LedgerEvent): void
  /** What stayed without its other side. */
  rest(): { readonly open: number; readonly defects: Iterable<AuditDefect> }
}

interface Waiting {
  readonly where: string
  readonly detail: string
}

/**
 * Pairs by what both name: a call's key, a run and the hash of a tool's arguments, a run that was pushed. Only what is
 * unpaired is held, so memory is what is under way, and what is wrong. `began` is the first event's position: runs that
 * began before it may have acts that are not there.
 */
export function pairActs(is_whole: boolean): ActPairing {
  const acts = new Map<string, Waiting[]>()
  const told = new Map<string, Waiting[]>()
  const nameless: Waiting[] = []
  const begun = new Set<string>()
  let open = 0
  return {
    act: (act) => {
      if (!act.settled) {
        open += 1
        return
      }
      const waiting = { where: `${act.gateway} act ${act.seq}`, detail: `${act.run_id} ${act.key} at ${act.at}` }
      if (act.names === null) nameless.push(waiting)
      else if (take(told, `${act.gateway} ${act.names}`) === undefined)
        put(acts, `${act.gateway} ${act.names}`, waiting)
    },
    event: (event) => {
      if (!is_whole && event.run_seq === 1 && event.run_id !== null) begun.add(event.run_id)
      const says = actTold(event)
      if (says === undefined) return
      const name = `${says.gateway} ${says.names}`
      if (take(acts, name) !== undefined || !says.required) return
      if (!is_whole && !begun.has(event.run_id ?? '')) return
      put(told, name, { where: `event ${event.seq}`, detail: `${event.event} names ${says.gateway} ${says.names}` })
    },
    rest: () => ({ open, defects: unpaired([...acts.values(), nameless], [...told.values()]) }),
  }
}

function* unpaired(acts: readonly Waiting[][], told: readonly Waiting[][]): Generator<AuditDefect> {
  for (const waiting of acts.flat()) yield { kind: 'missing_event', ...waiting }
  for (const waiting of told.flat()) yield { kind: 'missing_act', ...waiting }
}

function put(to: Map<string, Waiting[]>, name: string, waiting: Waiting): void {
  const there = to.get(name)
  if (there === undefined) to.set(name, [waiting])
  else there.push(waiting)
}

function take(from: Map<string, Waiting[]>, name: string): Waiting | undefined {
  const there = from.get(name)
  const taken = there?.shift()
  if (there?.length === 0) from.delete(name)
  return taken
}
