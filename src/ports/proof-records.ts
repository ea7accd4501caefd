import type { FlakeCount } from '#domain/verification'
import type { ArtifactRef } from './artifact-store.ts'
import type { RunArtifact } from './step-journal.ts'

/** A kept report of a base commit: which run made it, and where its bytes are. */
export interface KeptBaseline {
  readonly run_id: string
  readonly report_sha256: ArtifactRef['sha256']
  readonly artifacts: readonly RunArtifact[]
}

/** How often a test disagreed with itself on one tree. */
export interface FlakeRecord extends FlakeCount {
  readonly test_id: string
}

/** What one tenant's runs learnt about base commits and tests. Nothing of it is ever seen by another tenant. */
export interface ProofRecords {
  /** The report kept under a key, a hex SHA-256; undefined where there is none, or it is too old. */
  baseline(key: string): Promise<KeptBaseline | undefined>
  /** Keeps a report for `seconds`; of two runs that do so at once the last one stays. */
  keepBaseline(key: string, kept: KeptBaseline, seconds: number): Promise<void>
  /** Tests of a repository that disagreed with themselves, most often first; at most a thousand. */
  flakes(repository: string): Promise<readonly FlakeRecord[]>
  /** Adds what a tree's repetitions showed; a test that agreed is counted only where it is on record. */
  addFlakes(repository: string, seen: readonly FlakeRecord[]): Promise<void>
}
