import type { Change, FileChange } from '#domain/change'
import type { GateName, Verdict } from '#domain/gate'
import type { DecisionId, RunId } from '#domain/ids'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import { createRedactor } from '#evidence-plane/redaction'
import type { Policy, PolicyQuestion } from '#ports'
import { checkChange } from '#execution-plane/patch'

/** Files of a tree by path. */
export type Tree = Readonly<Record<string, string | Uint8Array>>
/** What is unusual about a change. */
export interface Options {
  readonly modes?: Readonly<Record<string, readonly [string | null, string | null]>>
  readonly criteria?: readonly string[]
  readonly scope?: Partial<typeof DEFAULT_SCOPE>
  readonly refused?: readonly { readonly path: string; readonly reason: string }[]
}

const CLOSED = /^\.github\/|(?:^|\/)CODEOWNERS$/
/** Closes CI and ownership, and what is outside the scope. */
export const policy: Policy = {
  version: 'p',
  decide(question: PolicyQuestion) {
    const path = question.paths[0] ?? ''
    const outside = question.scope.allowed_paths.length > 0 && !question.scope.allowed_paths.includes(path)
    const rule = CLOSED.test(path) ? 'protected.ci' : outside ? 'task.outside_scope' : 'task.inside_scope'
    const answer = rule === 'task.inside_scope' ? 'allow' : 'deny'
    const { run_id, action, args_hash } = question
    const matched_rules = [{ policy: 'platform', rule, effect: answer } as const]
    return {
      decision_id: 'pdec_x' as DecisionId,
      run_id,
      answer,
      action,
      args_hash,
      requested: {},
      matched_rules,
      explanation: rule,
      policy_version: 'p',
    }
  },
}

const lines = (content: string | Uint8Array | undefined): number =>
  typeof content === 'string' ? content.split('\n').length : 0

/** The change between two trees, as a repository would tell it. */
export function changeOf(before: Tree, after: Tree, modes: Options['modes'] = {}): Change {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  const files = paths
    .filter((path) => before[path] !== after[path] || modes[path] !== undefined)
    .map((path): FileChange => {
      const [old_mode, new_mode] = modes[path] ?? [path in before ? '100644' : null, path in after ? '100644' : null]
      const kind = old_mode === null ? 'added' : new_mode === null ? 'deleted' : 'modified'
      return {
        path,
        kind,
        old_mode,
        new_mode,
        old_blob: null,
        new_blob: null,
        added_lines: lines(after[path]),
        deleted_lines: lines(before[path]),
      }
    })
  const links = files
    .filter((file) => file.new_mode === '120000')
    .map(({ path }) => {
      const target = String(after[path])
      return `diff --git a/${path} b/${path}\nnew file mode 120000\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${target}\n\\ No newline at end of file\n`
    })
  return { base_tree: 'base', head_tree: 'head', files, patch: links.join('') }
}

/** The verdict of one gate over a change. */
export async function gate(name: GateName, before: Tree, after: Tree, options: Options = {}): Promise<Verdict> {
  const change = changeOf(before, after, options.modes)
  const content = (tree: Tree, path: string) => (tree[path] === undefined ? undefined : Buffer.from(tree[path]))
  const repository = {
    readFile: async (tree: string, path: string) => {
      const link = change.files.find((file) => file.path === path && file.new_mode === '120000')
      return link === undefined ? content(tree === 'base' ? before : after, path) : undefined
    },
    listFiles: async () => Object.keys(after).map((path) => ({ path, mode: '100644', blob: '', bytes: 1 })),
  }
  const success_criteria = (options.criteria ?? []).map((text) => ({ text, origin: 'stated' as const }))
  const task = { scope: { ...DEFAULT_SCOPE, ...options.scope }, success_criteria } as unknown as Task
  const verdicts = await checkChange({
    task,
    run_id: 'run_x' as RunId,
    state: 'verifying',
    change,
    refused: options.refused ?? [],
    repository,
    policy,
    redactor: createRedactor(),
  })
  const verdict = verdicts.find((entry) => entry.gate === name)
  if (verdict === undefined) throw new Error(`no verdict of ${name}`)
  return verdict
}

/** Rules that were broken. */
export const errors = (verdict: Verdict) =>
  verdict.findings.filter((finding) => finding.severity === 'error').map((finding) => finding.rule)
