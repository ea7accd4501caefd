import type { IdKind, IdOf } from '#domain/ids'

/** Makes new identifiers; they sort by the time they were made. */
export interface Identifiers {
  make<Kind extends IdKind>(kind: Kind): IdOf<Kind>
}
