/**
 * The evidence packet: what a run leaves behind for a stranger. Decides how the record answers the ten questions, how it
 * reads on one page, which in-toto statements it is signed as, and what a verifier holds them against. The facts are the
 * run's; nothing an agent said is repeated as proof.
 */
export { inClear, readEvidence, statementsIn } from './bundle.ts'
export { createEvidenceSealer } from './seal-evidence.ts'
export { MOST_PACKET_BYTES } from './bundle.ts'
export { verifyPacket, type Reverification, type VerificationParts } from './verify/verify-packet.ts'
export type { Patched } from './verify/repository-checks.ts'
export { packetSchemas } from './published-schemas.ts'
