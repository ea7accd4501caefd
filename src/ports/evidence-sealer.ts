import type { CutSecrets } from '#domain/event'
import type { EvidencePacket, RunEvidence } from '#domain/packet'
import type { RunArtifact } from './step-journal.ts'

/** Turns what is on record into the packet: JSON for programs and one page of Markdown for a reviewer. */
export interface EvidenceSealer {
  /** Stores both as artifacts; the address of the JSON is the packet's identity. */
  seal(evidence: RunEvidence): Promise<{
    readonly packet: EvidencePacket
    readonly sha256: string
    readonly artifacts: readonly RunArtifact[]
    /** What was cut out of the evidence before it was stored. */
    readonly cut: CutSecrets
  }>
}
