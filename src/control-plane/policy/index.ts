/**
 * What a run may do: decides allow, ask or deny for every act, by the platform's own rules and by every level below them
 * (YAML and Cedar, compiled into one hashed bundle), and says what is allowed instead. A level can only take away. Owns
 * path classes, scope, command profile, bundles and their signatures, and the pinning of runs. Facts it needs:
 * `file.write` {content_class}, `run.prepare` {mode}, `branch.push` {mode, branch, default_branch}, `pull_request.open`
 * {mode, draft}. Gates ask about each path of a tree with the action `tree.path`, by the same rules.
 */
export { createPolicy } from './create-policy.ts'
export { diffDocuments } from './desk/diff-documents.ts'
export { readPolicyTests, runPolicyTests } from './desk/policy-tests.ts'
export { questionOf } from './desk/question-of.ts'
export { replayDecisions } from './desk/replay-decisions.ts'
export { makeBundle, type PolicyFile } from './bundles/make-bundle.ts'
export { openBundle, sealBundle } from './bundles/open-bundle.ts'
export { readTrust } from './bundles/read-trust.ts'
export { signBundle, signatureProblem } from './bundles/sign-bundle.ts'
export { ACTION_RESOURCES } from './levels/cedar-rules.ts'
export { compileLevels, policyFor } from './levels/compile-policy.ts'
export { readPolicy, ruleCount } from './levels/read-policy.ts'
export { wideningProblems } from './levels/widening-problems.ts'
export { openCurrentPolicy } from './runs/current-policy.ts'
export { orderLevels } from './runs/order-policies.ts'
export { createRunPolicies } from './runs/run-policies.ts'
