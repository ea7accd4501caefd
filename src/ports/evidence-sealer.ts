import type { CutSecrets } from '#domain/event'
import type { EvidencePacket, RunEvidence } from '#domain/packet'
import type { RunArtifact } from './step-journal.ts'

/** A signature over a packet's bytes, as DSSE names its members. */
interface EvidenceSignature {
  /** Hex SHA-256 of the public key's DER bytes. */
  readonly keyid: string
  /** Ed25519 in base64. */
  readonly sig: string
}

/** Signs packets with keys that no sandbox sees. */
export interface EvidenceSigner {
  /** One signature for each of its keys. @throws GanderError `evidence_key_unreadable`, `evidence_not_signed` */
  sign(bytes: Uint8Array): Promise<readonly EvidenceSignature[]>
}

/** Turns what is on record into the packet: signed JSON for programs and one page of Markdown for a reviewer. */
export interface EvidenceSealer {
  /** Stores both as artifacts; the address of the signed JSON is the packet's identity. */
  seal(evidence: RunEvidence): Promise<{
    readonly packet: EvidencePacket
    readonly sha256: string
    readonly artifacts: readonly RunArtifact[]
    /** What was cut out of the evidence before it was signed. */
    readonly cut: CutSecrets
  }>
  /** A packet that was sealed before. @throws GanderError `packet_unreadable` */
  open(sha256: string): Promise<EvidencePacket>
}
