import type { Finding } from '#domain/gate'

/** One finding of this room; `line` counts in the base where `side` says so. */
export interface IntegrityFinding extends Finding {
  readonly path: string
  readonly side?: 'base'
}
