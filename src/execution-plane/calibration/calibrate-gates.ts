import { createHash } from 'node:crypto'
import { strengthOf, type GateStrength } from '#domain/autonomy'
import type { GateName, Verdict } from '#domain/gate'
import { canonicalJson } from '#domain/json'
import type { GateMiss, GateTrial } from '#ports'
import type { Asked, Edit, Sabotage, Sources } from './sabotage.ts'

/** A change that every gate should let pass. */
export interface HonestChange {
  readonly name: string
  readonly edits: readonly Edit[]
  /** Absent: no gate of the trial looks at it. */
  readonly asked?: Asked
}

/** What gates are tried on. */
export interface Trial {
  readonly sources: Sources
  readonly bad: readonly Sabotage[]
  readonly honest: readonly HonestChange[]
  readonly seed: number
  /** Every gate over one change, as a run would ask them; `only` names the one that a bad change is meant for. */
  readonly gates: (edits: readonly Edit[], only?: GateName, asked?: Asked) => Promise<readonly Verdict[]>
  readonly signal: AbortSignal
}

/** What a calibration found. */
export type Calibration = Pick<GateTrial, 'corpus' | 'gates' | 'misses' | 'not_applied'>

interface Counts {
  caught: number
  bad: number
  false_alarms: number
  honest: number
}

/**
 * Tries each gate on the bad changes that are meant for it, and all of them on the honest ones. A gate that cannot answer
 * has not caught anything: a run would not be stopped by it for what is wrong.
 */
export async function calibrateGates(trial: Trial): Promise<Calibration> {
  const counts = new Map<GateName, Counts>()
  const misses: GateMiss[] = []
  const not_applied: string[] = []
  const tried: { readonly name: string; readonly edits: readonly Edit[] }[] = []
  const counted = new Set<string>()
  for (const [at, sabotage] of trial.bad.entries()) {
    trial.signal.throwIfAborted()
    const edits = await sabotage.apply(trial.sources, trial.seed + at)
    if (edits === undefined) {
      not_applied.push(sabotage.name)
      continue
    }
    const change = canonicalJson([sabotage.gate, edits.map((edit) => ({ ...edit }))])
    // The same change once more would make the figures look surer than they are.
    if (counted.has(change)) continue
    counted.add(change)
    tried.push({ name: sabotage.name, edits })
    const said = await answerOf(trial, sabotage, edits)
    const count = countOf(counts, sabotage.gate)
    count.bad += 1
    if (said?.answer === 'fail') count.caught += 1
    else misses.push(missOf(sabotage, 'slipped_through', said?.reason ?? 'the gate was not asked'))
  }
  for (const change of trial.honest) {
    trial.signal.throwIfAborted()
    tried.push(change)
    for (const verdict of await trial.gates(change.edits, undefined, change.asked)) {
      const count = counts.get(verdict.gate)
      if (count === undefined) continue
      count.honest += 1
      if (verdict.answer !== 'fail') continue
      count.false_alarms += 1
      misses.push(missOf({ ...change, gate: verdict.gate }, 'false_alarm', verdict.reason))
    }
  }
  return { corpus: hashOf(tried), gates: [...counts].map(strengthIn), misses, not_applied }
}

/** Another gate's word is nothing that this one caught. */
async function answerOf({ gates }: Trial, { gate, asked }: Sabotage, edits: readonly Edit[]) {
  return (await gates(edits, gate, asked)).find((verdict) => verdict.gate === gate)
}

/** What several trials found together, as one calibration. */
export function joinCalibrations(parts: readonly Calibration[]): Calibration {
  const counts = new Map<GateName, Counts>()
  for (const { gate, caught, false_alarms } of parts.flatMap(({ gates }) => gates)) {
    const count = countOf(counts, gate)
    count.caught += caught.hits
    count.bad += caught.of
    count.false_alarms += false_alarms.hits
    count.honest += false_alarms.of
  }
  const hashes = parts.map(({ corpus }) => corpus)
  return {
    corpus: createHash('sha256').update(hashes.join('\n')).digest('hex'),
    gates: [...counts].map(strengthIn),
    misses: parts.flatMap(({ misses }) => misses),
    not_applied: parts.flatMap(({ not_applied }) => not_applied),
  }
}

function countOf(counts: Map<GateName, Counts>, gate: GateName): Counts {
  const known = counts.get(gate)
  if (known !== undefined) return known
  const made = { caught: 0, bad: 0, false_alarms: 0, honest: 0 }
  counts.set(gate, made)
  return made
}

const missOf = (
  { gate, name }: { readonly gate: GateName; readonly name: string },
  kind: GateMiss['kind'],
  reason: string,
): GateMiss => ({ gate, name, kind, reason: reason.slice(0, 300) })

const strengthIn = ([gate, { caught, bad, false_alarms, honest }]: readonly [GateName, Counts]): GateStrength =>
  strengthOf({ gate, caught: { hits: caught, of: bad }, false_alarms: { hits: false_alarms, of: honest } })

const hashOf = (tried: readonly { readonly name: string; readonly edits: readonly Edit[] }[]): string =>
  createHash('sha256')
    .update(canonicalJson(tried.map(({ name, edits }) => ({ name, edits: edits.map((edit) => ({ ...edit })) }))))
    .digest('hex')
