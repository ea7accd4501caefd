import type { LedgerEvent } from './ledger-event.ts'

/** A secret that turned up where it must not be; it was cut out, and whoever owns it should change it. */
export interface Incident {
  readonly kind: string
  /** The tool, phase or tree it was found in. */
  readonly where: string
  /** True when the value is one the platform holds; otherwise it only has a known secret's form. */
  readonly is_confirmed: boolean
}

/** Reads the incidents of a run out of its events; the same place and kind count once. */
export function incidentsOf(events: readonly Pick<LedgerEvent, 'event' | 'facts'>[]): readonly Incident[] {
  const found = new Map<string, Incident>()
  for (const { event, facts } of events) {
    const where = textOf(facts['where'])
    if (event === 'incident_opened') add(found, { kind: textOf(facts['kind']), where, is_confirmed: true })
    if (event === 'secret_redacted')
      for (const kind of kindsOf(facts['kinds'])) add(found, { kind, where, is_confirmed: kind === 'registered' })
  }
  return [...found.values()]
}

function add(found: Map<string, Incident>, incident: Incident): void {
  const key = `${incident.kind}\n${incident.where}`
  if (found.get(key)?.is_confirmed !== true) found.set(key, incident)
}

const kindsOf = (kinds: unknown): readonly string[] => (Array.isArray(kinds) ? kinds.map(textOf) : [])

const textOf = (fact: unknown): string => (typeof fact === 'string' ? fact : '')
