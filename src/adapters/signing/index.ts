/**
 * Ed25519 keys of a home: made at first need for their owner only, public halves kept for verification, signing by a
 * key file, a given PEM, or a program. No sandbox sees any of them.
 */
export { createCommandSigner, type SignerCommand } from './command-signer.ts'
export {
  keyOfPem,
  ledgerVerifierOf,
  openKey,
  publishKey,
  trustedKeys,
  verifierOf,
  type SigningKey,
} from './key-file.ts'
export { createCounterSigner, createKeySigner } from './signers.ts'
