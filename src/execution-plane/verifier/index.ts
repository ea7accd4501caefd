/**
 * Decides what proves a change: finds the profile of a repository, sets its dependencies up, runs it on a clean checkout
 * of any tree, reads results by test id with the platform's own reporters, says shortly why something failed, and
 * compares the proposed tree with the baseline. Owns profiles, result formats and diagnoses.
 */
export { asksForTestRemoval } from './asks-for-test-removal.ts'
export { diagnosisText } from './diagnosis/diagnosis-text.ts'
export { judgeVerification } from './judge-verification.ts'
export { focusedPhase } from './profile/focus-phase.ts'
export { findProfile } from './profile/find-profile.ts'
export { profileSchema } from './profile/profile-schema.ts'
export { reproducedLater, reproduction, wordsOf } from './reproduction.ts'
export { runPhase, type PhaseRun, type PhaseTools } from './run-phase.ts'
export { noteResultFiles, readResultFiles } from './results/result-files.ts'
export { xmlTokens } from './results/xml.ts'
export { blockedHosts, runSetup } from './run-setup.ts'
export { verifyTree, type CoverageMeasure, type Verification, type VerifyRequest } from './verify-tree.ts'
export { composeRed, partsOfChange } from './red-green/compose-red.ts'
export { judgeRedGreen, redGreenText } from './red-green/judge-red-green.ts'
export { absenceTerms } from './red-green/absence-terms.ts'
export { broughtBy, isTestOf, relationOf, type ChangedText, type RelationGround } from './red-green/relations.ts'
export {
  compilersOf,
  focusedProfile,
  REACHING,
  reachingProfile,
  repeatedProfile,
} from './red-green/proof-profiles.ts'
export { KEPT_NOWHERE } from './kept-nowhere.ts'
