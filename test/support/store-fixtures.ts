import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { BudgetLimits } from '#domain/budget'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import type { Lease, Run, RunCommand, RunFacts, WorkState } from '#domain/run'
import { DEFAULT_SCOPE, type Request, type Task } from '#domain/task'
import type { RunStore, Submission, WorkerIdentity } from '#ports'
import { identifiers } from './database.ts'

export const LIMITS: BudgetLimits = {
  max_cost_usd: 1,
  max_minutes: 60,
  max_steps: 100,
  max_tokens: 1_000_000,
  max_repairs: 3,
}

interface Wishes {
  readonly tenant?: TenantId
  readonly limits?: Partial<BudgetLimits>
  readonly max_attempts?: number
  readonly title?: string
}

/** A request, its task and a new run, with the events an intake gives them. */
export function submission(wishes: Wishes = {}): Submission {
  const tenant_id = wishes.tenant ?? LOCAL_TENANT
  const title = wishes.title ?? 'Rounding is wrong'
  const words = {
    repository: '/srv/repo',
    title,
    constraints: [],
    deadline: null,
    attachments: [],
    risk_hints: [],
    expected_output: null,
    owner: null,
    requester: 'ada',
    trust: 'operator',
  } as const
  const request: Request = {
    ...words,
    id: identifiers.make('request'),
    tenant_id,
    source: 'cli',
    source_url: null,
    description: 'It should round half up.',
    acceptance_criteria: [],
  }
  const task: Task = {
    ...words,
    id: identifiers.make('task'),
    tenant_id,
    request_id: request.id,
    base_ref: null,
    objective: 'Round half up.',
    scope: DEFAULT_SCOPE,
    success_criteria: [{ text: 'It rounds half up.', origin: 'stated' }],
    capability: 'bug_fix',
    mode: 'draft_pr',
    agent: { kind: 'transform', rule: { kind: 'command', argv: ['true'] } },
    verification: null,
    limits: { ...LIMITS, ...wishes.limits },
    is_fix: true,
  }
  const run = {
    id: identifiers.make('run'),
    tenant_id,
    task_id: task.id,
    mode: task.mode,
    is_fix: true,
    repairs_allowed: 3,
    max_attempts: wishes.max_attempts ?? 3,
  }
  const facts = { request_id: request.id, source: 'cli', user: 'ada', repository: '/srv/repo' }
  return { request, task, run, events: [{ event: 'request_received', facts }] }
}

/** This process as a worker. */
export function thisWorker(): WorkerIdentity {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  return {
    id: identifiers.make('worker'),
    host: hostname(),
    boot_id: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    pid: process.pid,
    started_at: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '',
  }
}

const ALL_GATES: RunFacts['gates'] = {
  plan: 'pass',
  boundary: 'pass',
  protected_files: 'pass',
  secrets: 'pass',
  special_files: 'pass',
  dependencies: 'pass',
  test_integrity: 'pass',
  verification: 'pass',
  red_green: 'pass',
  test_strength: 'pass',
  judge: 'pass',
}

/** Everything any guard asks for. */
export const EVIDENCE: Partial<RunFacts> = {
  base_sha: 'b'.repeat(40),
  base_tree: 't'.repeat(40),
  policy_allows: true,
  plan_sha256: 'p'.repeat(64),
  baseline_sha256: 'c'.repeat(64),
  reproduction: { status: 'reproduced', reason: 'a test fails' },
  tree: 'e'.repeat(40),
  gates: ALL_GATES,
  branch: 'gander/task',
  pull_request: 'file:///pr/1',
  packet_sha256: 'f'.repeat(64),
}

/** The states of a run that meets no trouble, after it was leased. */
export const ROAD: readonly WorkState[] = [
  'preparing',
  'reproducing',
  'planning',
  'editing',
  'verifying',
  'judging',
  'pr_preparing',
  'pr_created',
]

export const advance = (to: WorkState): RunCommand => ({ type: 'advance', to, evidence: EVIDENCE })

/** Submits a run and leases it. */
export async function leased(
  store: RunStore,
  wishes: Wishes = {},
  worker: WorkerIdentity = thisWorker(),
): Promise<{ readonly run: Run; readonly lease: Lease }> {
  const { id } = await store.submit(submission(wishes))
  const won = await store.lease(worker, id)
  if (won === undefined) throw new Error('the run could not be leased')
  return won
}

/** Submits, leases and advances a run as far as the state. */
export async function runIn(store: RunStore, state: WorkState, wishes: Wishes = {}) {
  const won = await leased(store, wishes)
  let run = won.run
  for (const to of ROAD.slice(0, ROAD.indexOf(state) + 1)) {
    const written = await store.write(run.id, won.lease, { command: advance(to) })
    if (!written.ok) throw new Error(written.refusal.message)
    run = written.value
  }
  return { run, lease: won.lease }
}
