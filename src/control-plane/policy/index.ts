/**
 * What a run may do: decides allow, ask or deny for every act, by rules that are data, and says what is allowed instead.
 * Owns the path classes, the scope of a task, the command profile and the branches. Facts it needs: `file.write`
 * {content_class}, `run.prepare` {mode}, `branch.push` {mode, branch, default_branch}, `pull_request.open` {mode, draft}.
 * Gates ask about each path of a tree with the action `tree.path`: the same rules as for a tool's write.
 */
export { createPolicy } from './create-policy.ts'
