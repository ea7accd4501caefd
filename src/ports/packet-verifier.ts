import type { Json } from '#domain/json'

/** What a packet is held against, in the order in which it is checked. */
export const PACKET_CHECKS = [
  'signature',
  'statements',
  'builder',
  'artifacts',
  'base_commit',
  'base_current',
  'subject',
  'head_current',
  'profile',
  'base_results',
  'head_results',
] as const

/** One check of a packet. */
export interface PacketCheck {
  readonly check: (typeof PACKET_CHECKS)[number]
  /** `not_checked` has its reason in `detail`, and is no failure. */
  readonly answer: 'pass' | 'fail' | 'not_checked'
  /** What was seen, in one sentence. */
  readonly detail: string
  /** What a person does about it; only where it failed. */
  readonly next?: string
}

/** What verifying a packet came to. */
export interface PacketReport {
  readonly verdict: 'verified' | 'denied'
  /** Of the packet's file. */
  readonly packet_sha256: string
  /** What its signed text says it is about; null where no trusted key signed it. */
  readonly run_id: string | null
  readonly checks: readonly PacketCheck[]
}

/** How a packet is to be verified. */
export interface PacketWish {
  /** Absolute path of the packet, or the id of a run whose packet this home has. */
  readonly packet: string
  /** Absolute path or address; absent: the repository that the packet names. */
  readonly repository?: string
  /** Absolute path of the patch of a change that was published nowhere; absent: the one that this home kept. */
  readonly patch?: string
  /** Files with public keys in PEM; empty: those that this home believes. */
  readonly keys: readonly string[]
  /** False: what it says of tests is not run again. */
  readonly run: boolean
  /** Called before each part that takes time. */
  readonly progress?: (doing: string) => void
}

/** One statement of a packet, and who signed it; whether the signature holds was not looked at. */
export interface PacketStatement {
  readonly key_ids: readonly string[]
  readonly statement: Json
}

/** Verifies packets with nothing but the packet, a repository and public keys. */
export interface PacketVerifier {
  /** @throws GanderError `packet_unreadable`, `evidence_key_unreadable` and what reading the repository throws */
  verify(wish: PacketWish): Promise<PacketReport>
  /**
   * What the envelopes of a packet hold, in clear; nothing of it is believed.
   * @throws GanderError `packet_unreadable`
   */
  statements(packet: string): Promise<readonly PacketStatement[]>
  /** The public key in PEM that packets of this home are signed with. */
  publicKey(): Promise<string>
}
