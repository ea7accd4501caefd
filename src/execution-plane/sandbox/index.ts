/**
 * Decides what the sandboxes of a run may do: reads sandbox profiles strictly, seals them with a version, and lets the
 * base commit narrow them but never widen. Owns the schema of profiles, what they mean for a driver's limits, and which
 * files of a tree leave it.
 */
export { FORBIDDEN_ACTS, probeBinding, type BindingReport, type OutsideGround } from './binding-probes.ts'
export { exportArtifacts } from './export-artifacts.ts'
export { fencedSetup, sourceOnlyHint } from './install-scripts.ts'
export { limitsOf } from './limits-of.ts'
export { narrowed, OWN_SANDBOX_PROFILES } from './narrowed.ts'
export { readSandboxProfile, sealSandboxProfile } from './read-sandbox-profile.ts'
export { sandboxProfileSchema } from './sandbox-profile-schema.ts'
