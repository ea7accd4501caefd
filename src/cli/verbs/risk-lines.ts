import type { RiskReading } from '#domain/risk'
import type { Platform, RunView } from '#ports'

/** A reading as its artifact holds it: without the words of the request. */
type ShownReading = Omit<RiskReading, 'facts'> & { readonly facts: Omit<RiskReading['facts'], 'words'> }

/** Every reading of a run's risk, first to last; before its work begins, what it was found to be when it was accepted. */
export async function riskReadings(platform: Platform, { artifacts, task }: RunView): Promise<readonly ShownReading[]> {
  const kept = artifacts.filter(({ kind }) => kind === 'risk_assessment')
  const all = await Promise.all(kept.map(({ sha256 }) => platform.artifact(sha256)))
  const readings = all.flatMap((bytes) => (bytes === undefined ? [] : [readingOf(bytes)]))
  return readings.length > 0 || task.risk === undefined ? readings : [task.risk]
}

// The artifact was written from a reading, and its bytes are checked against their hash.
const readingOf = (bytes: Uint8Array): ShownReading => JSON.parse(new TextDecoder().decode(bytes)) as ShownReading

/** One line: the tier, what it reaches, and the reasons. */
export const riskSentence = ({ tier, max_autonomy_tier, reasons }: ShownReading): string => {
  const named = reasons.map(({ reason }) => reason).join('; ')
  return `${tier}, autonomy tier ${max_autonomy_tier} at most${named === '' ? '' : `: ${named}`}`
}
