import type { CertificateAuthority } from './certificate-authority.ts'
import type { Destinations } from './destinations.ts'
import type { Network } from './dial.ts'
import type { EgressLedger } from './egress-ledger.ts'
import type { EgressLimits } from './egress-limits.ts'
import type { HostEnvironment } from './machine-files.ts'

/** What one run's door works with. */
export interface DoorSettings {
  readonly allowed: Destinations
  readonly authority: CertificateAuthority
  readonly ledger: EgressLedger
  readonly network: Network
  readonly environment: HostEnvironment
  /** PEM certificates that registries are checked against; empty means those Node has. */
  readonly trusted: string
  readonly limits: EgressLimits
}
