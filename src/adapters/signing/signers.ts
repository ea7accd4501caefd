import type { EvidenceSigner } from '#ports'
import type { SigningKey } from './key-file.ts'

/** Signs with a key of this process. */
export const createKeySigner = (key: SigningKey): EvidenceSigner => ({
  sign: async (bytes) => [{ keyid: key.key_id, sig: key.sign(bytes) }],
})

/** Signs with each of them, in their order; what one of them does not sign is not signed. */
export const createCounterSigner = (signers: readonly EvidenceSigner[]): EvidenceSigner => ({
  sign: async (bytes) => (await Promise.all(signers.map((signer) => signer.sign(bytes)))).flat(),
})
