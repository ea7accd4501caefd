import type { IsolationClass } from '#domain/sandbox'
import type { RunMode, Trust } from '#domain/task'
import type { RunState } from '#domain/run'

/** When an action may be asked for at all, and the facts without which the answer is deny. */
export interface ActionRule {
  readonly actions: readonly string[]
  /** States of the run in which the action is open. */
  readonly states: readonly RunState[]
  /** Names of facts that must be there and no null. Absent: none. */
  readonly facts?: readonly string[]
  /** Reaches of the task (fact `mode`) that include the action. Absent: every one. */
  readonly modes?: readonly RunMode[]
  /** Which rules decide further. Absent: the state and the facts are all there is to it. */
  readonly decided_by?:
    | 'read_paths'
    | 'changed_paths'
    | 'command'
    | 'branch'
    | 'pull_request'
    | 'sandbox'
    | 'egress'
    | 'dependency'
}

const AGENT: readonly RunState[] = ['planning', 'editing', 'repairing']
const CHANGING: readonly RunState[] = ['editing', 'repairing']
const PUBLISHING: readonly RunState[] = ['judging', 'pr_preparing', 'pr_created']
const WORKING: readonly RunState[] = [
  'leased',
  'preparing',
  'reproducing',
  'planning',
  'editing',
  'verifying',
  'repairing',
  'judging',
  'pr_preparing',
  'pr_created',
]

/** Every action there is; what is not in this table is denied. */
export const ACTION_RULES: readonly ActionRule[] = [
  { actions: ['file.read', 'file.list', 'file.search'], states: AGENT, decided_by: 'read_paths' },
  { actions: ['git.status', 'git.diff', 'run.report_blocked'], states: AGENT },
  // A foreign tool has neither the tree nor a network; what must be known is whose it is and that its pin holds.
  { actions: ['mcp.call'], states: AGENT, facts: ['server', 'tool', 'pinned'] },
  { actions: ['plan.submit'], states: ['planning'] },
  { actions: ['verifier.run', 'run.finish'], states: CHANGING },
  { actions: ['file.write'], states: CHANGING, facts: ['content_class'], decided_by: 'changed_paths' },
  { actions: ['shell.exec'], states: CHANGING, decided_by: 'command' },
  { actions: ['tree.path'], states: WORKING, decided_by: 'changed_paths' },
  {
    actions: ['dependency.add'],
    states: WORKING,
    facts: ['dependency_task', 'asked_by', 'packages'],
    decided_by: 'dependency',
  },
  { actions: ['run.prepare'], states: WORKING, facts: ['mode'] },
  {
    actions: ['sandbox.open'],
    states: WORKING,
    facts: ['trust', 'isolation', 'required_isolation', 'missing_controls', 'empty_resources'],
    decided_by: 'sandbox',
  },
  { actions: ['egress.connect'], states: ['preparing'], facts: ['host', 'rule', 'may_ask'], decided_by: 'egress' },
  {
    actions: ['branch.push'],
    states: PUBLISHING,
    facts: ['mode', 'branch', 'default_branch'],
    modes: ['local_branch', 'draft_pr'],
    decided_by: 'branch',
  },
  {
    actions: ['pull_request.open'],
    states: PUBLISHING,
    facts: ['mode', 'draft'],
    modes: ['draft_pr'],
    decided_by: 'pull_request',
  },
]

/** Branches that no run pushes to, in folded form; the repository's default branch comes as a fact. */
export const CLOSED_BRANCHES = [
  'main',
  'master',
  'trunk',
  'develop',
  'development',
  'head',
  'production',
  'staging',
  'release',
  'release/**',
  'hotfix/**',
  'gh-pages',
] as const

/** What a sandbox must at least be, by who wrote the task; who is not named here needs the strongest. */
export const SANDBOX_FLOOR: Readonly<Record<Trust, { readonly isolation: IsolationClass }>> = {
  operator: { isolation: 'shared_kernel' },
  merged: { isolation: 'shared_kernel' },
  member: { isolation: 'shared_kernel' },
  outsider: { isolation: 'shared_kernel' },
  unknown: { isolation: 'shared_kernel' },
  tool_output: { isolation: 'shared_kernel' },
}

/** Endings of host names that are never a public host. */
export const PRIVATE_HOSTS = [
  'localhost',
  'local',
  'internal',
  'intranet',
  'lan',
  'home',
  'corp',
  'private',
  'home.arpa',
  'test',
  'invalid',
  'onion',
] as const

/** What file content may not be written by a run, with the class as computed from the bytes (fact `content_class`). */
export const CLOSED_CONTENT: readonly {
  readonly content_class: string
  readonly rule: string
  readonly why: string
}[] = [
  {
    content_class: 'binary',
    rule: 'file.binary',
    why: "Binary files are not written by tools; produce them with the project's own command, or report_blocked.",
  },
  {
    content_class: 'generated',
    rule: 'file.generated',
    why: 'The file says that it is generated; change its source and run the generator.',
  },
]
