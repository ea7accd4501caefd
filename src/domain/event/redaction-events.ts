import type { EventDraft } from './ledger-event.ts'

/** What redaction cut out at one place: counts and kinds, never the value. */
export interface CutSecrets {
  readonly count: number
  readonly kinds: readonly string[]
  /** How often each kind was cut. Absent: only which kinds is known. */
  readonly by_kind?: { readonly [kind: string]: number }
  /** True where a value was among it that the platform holds. */
  readonly confirmed: boolean
}

/**
 * What the ledger learns of a redaction: one event with the counts, and an incident where a value was found that the
 * platform holds. Every place that writes says it with these two events; `where` names the place.
 */
export function redactionEvents(
  where: string,
  { count, kinds, by_kind, confirmed }: CutSecrets,
  incident = 'registered_secret_seen',
): readonly EventDraft[] {
  if (count === 0) return []
  const counted = by_kind === undefined ? {} : { by_kind: { ...by_kind } }
  const redacted: EventDraft = { event: 'secret_redacted', facts: { count, kinds: [...kinds], where, ...counted } }
  return confirmed ? [redacted, { event: 'incident_opened', facts: { kind: incident, where } }] : [redacted]
}

/** Several redactions of one place taken together. */
export function addedCuts(cuts: readonly CutSecrets[]): CutSecrets {
  const by_kind: Record<string, number> = {}
  for (const cut of cuts)
    for (const kind of cut.kinds) by_kind[kind] = (by_kind[kind] ?? 0) + (cut.by_kind?.[kind] ?? 1)
  return {
    count: cuts.reduce((total, cut) => total + cut.count, 0),
    kinds: Object.keys(by_kind).toSorted(),
    by_kind,
    confirmed: cuts.some((cut) => cut.confirmed),
  }
}
