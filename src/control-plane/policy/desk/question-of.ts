import { createHash } from 'node:crypto'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import { canonicalJson, type JsonObject } from '#domain/json'
import { DEFAULT_SCOPE, type RunMode, type TaskScope } from '#domain/task'
import type { RunState } from '#domain/run'
import type { PolicyQuestion, PolicyWish } from '#ports'
import { ACTION_RULES } from '../action-rules.ts'
import type { RunSubject } from '../levels/asked-act.ts'

/** A wish with what only tests say. */
export interface AskedWish extends PolicyWish {
  readonly state?: RunState | undefined
  readonly scope?: Partial<TaskScope> | undefined
  /** Facts that replace those assumed here. */
  readonly facts?: JsonObject | undefined
}

/** A question with the run that it is about. */
export interface AskedQuestion {
  readonly question: PolicyQuestion
  readonly subject: RunSubject
}

const WISHED = 'run_00000000000000000000000000' as RunId

/** Makes the question that a run would ask. */
export function questionOf(wish: AskedWish): AskedQuestion {
  const action = actionOf(wish)
  const { paths = [], argv = [], mode = 'draft_pr' } = wish
  const facts = { ...assumed(action, wish, mode), ...wish.facts }
  const question: PolicyQuestion = {
    action,
    run_id: WISHED,
    state: wish.state ?? stateOf(action),
    paths,
    argv,
    scope: { ...DEFAULT_SCOPE, ...wish.scope },
    args_hash: createHash('sha256').update(canonicalJson({ action, paths, argv, facts })).digest('hex'),
    facts,
  }
  return { question, subject: subjectOf(wish, mode) }
}

function subjectOf({ repository, capability }: PolicyWish, mode: RunMode): RunSubject {
  return {
    tenant_id: LOCAL_TENANT,
    repository: repository ?? '',
    capability: capability ?? 'code_change',
    mode,
    trust: 'operator',
    requester: '',
  }
}

/** A wire name such as `shell_exec` is the action `shell.exec`. */
function actionOf({ action, paths, argv, host }: PolicyWish): string {
  if (action !== undefined) {
    const dotted = action.replace('_', '.')
    return ACTION_RULES.some(({ actions }) => actions.includes(dotted)) ? dotted : action
  }
  if (argv !== undefined && argv.length > 0) return 'shell.exec'
  if (paths !== undefined && paths.length > 0) return 'tree.path'
  return host === undefined ? 'run.prepare' : 'egress.connect'
}

/** The first state in which the action is open; one that is unknown is denied in any. */
const stateOf = (action: string): RunState => {
  const open = ACTION_RULES.find(({ actions }) => actions.includes(action))?.states ?? []
  return open.find((state) => state === 'editing') ?? open[0] ?? 'editing'
}

function assumed(action: string, { host, capability }: PolicyWish, mode: RunMode): JsonObject {
  switch (action) {
    case 'file.write':
      return { mode, content_class: 'text', tool: 'file_write' }
    case 'shell.exec':
      return { mode, tool: 'shell_exec' }
    case 'egress.connect':
      return { host: host ?? '', rule: 'egress.host', may_ask: true }
    case 'branch.push':
    case 'pull_request.open':
      return { mode, branch: 'gander/change', default_branch: 'main', draft: true }
    case 'mcp.call':
      return { mode, server: '', tool: '', pinned: true }
    case 'sandbox.open':
      return {
        trust: 'operator',
        isolation: 'shared_kernel',
        required_isolation: 'shared_kernel',
        missing_controls: [],
        empty_resources: [],
      }
    default:
      return { mode, ...(capability === undefined ? {} : { capability }) }
  }
}
