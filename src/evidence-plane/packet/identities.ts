/** Who seals packets, and what kinds of statement they hold. Verifiers know these by heart. */
export const BUILDER_ID = 'https://gander.example.org/builder/v1'
/** What of the packet decides how a run goes: the contract in `externalParameters`. */
export const BUILD_TYPE = 'https://gander.example.org/build-types/task/v1'

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'

export const PREDICATES = {
  evidence: 'https://gander.example.org/attestations/evidence/v2',
  provenance: 'https://slsa.dev/provenance/v1',
  test_result: 'https://in-toto.io/attestation/test-result/v0.1',
} as const
