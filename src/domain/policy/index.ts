// What policies say and how levels meet: documents, bundles, caps, and who must agree. Pure; reading and deciding is the
// business of the control plane.
export {
  POLICY_LEVELS,
  SILENT_DOCUMENT,
  SPEND_SCOPES,
  type ApprovalRule,
  type EgressRules,
  type NameRule,
  type PathRule,
  type PolicyBudgets,
  type PolicyDocument,
  type PolicyLevel,
  type VerificationRule,
} from './policy-document.ts'
export {
  coversHost,
  meetCaps,
  reachesFurther,
  smallest,
  type ApprovalFacts,
  type EffectivePolicy,
  type PolicyCaps,
  type RequiredApproval,
} from './effective-policy.ts'
export {
  EMPTY_BUNDLE,
  bundleHash,
  signedText,
  type ActiveBundle,
  type BundleSignature,
  type PolicyBundle,
  type SealedBundle,
} from './policy-bundle.ts'
