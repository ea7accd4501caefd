import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createFilesystemArtifacts } from '#adapters/artifacts/filesystem'
import { createRepositories } from '#adapters/git'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { createWorkspaceFiles } from '#adapters/workspace-files'
import { createPolicy } from '#control-plane/policy'
import { DEFAULT_LIMITS } from '#domain/budget'
import { formatId, LOCAL_TENANT } from '#domain/ids'
import type { Json } from '#domain/json'
import { DEFAULT_SCOPE, type AgentChoice, type Task, type TaskScope } from '#domain/task'
import type { AgentPhase } from '#domain/tool'
import type { VerificationReport } from '#domain/verification'
import { createRedactor } from '#evidence-plane/redaction'
import { createToolGateway, type ToolGatewayDependencies, type ToolHost } from '#execution-plane/tool-gateway'
import { openWorkspace } from '#execution-plane/workspace'
import type { AgentTools, Identifiers, StepJournal, StepOutcome, ToolCallResult } from '#ports'

/** What the journal of a test was told about one step. */
export interface Recorded {
  readonly key: string
  readonly outcome: StepOutcome<Json>
}

/** A run's tools over a real repository, sandbox, redactor and store; only the journal is in memory. */
export interface ToolDesk {
  readonly tools: AgentTools
  readonly host: ToolHost
  readonly steps: Recorded[]
  readonly dependencies: ToolGatewayDependencies
  /** Calls a tool with its arguments and gives the answer; the last entry of `steps` is what was recorded. */
  call(name: string, args: Json, phase?: AgentPhase): Promise<ToolCallResult>
  /** Content of a file of the tree on record. */
  inTree(path: string): Promise<string | undefined>
  artifact(sha256: string): Promise<string>
  close(): Promise<void>
}

export const identifiers: Identifiers = { make: (kind) => formatId(kind, crypto.getRandomValues(new Uint8Array(16))) }

const NATIVE: AgentChoice = {
  kind: 'native',
  model: { provider: 'test', model: 'test', api: 'openai-chat', url: null },
  fallback: null,
}

const REPORT: VerificationReport = {
  profile: 'test',
  profile_version: '1',
  tree: '',
  sandbox_fingerprint: '',
  outcome: 'passed',
  reason: 'all passed',
  phases: [],
  started_at: '2026-01-01T00:00:00Z',
  duration_ms: 1,
}

/** Opens a desk over a fresh repository with these files. */
export async function openDesk(
  files: { readonly [path: string]: string | Uint8Array },
  options: { readonly scope?: Partial<TaskScope>; readonly agent?: AgentChoice } = {},
): Promise<ToolDesk> {
  const root = mkdtempSync(join(tmpdir(), 'gander-tools-'))
  const home = join(root, 'home')
  const origin = join(root, 'origin')
  makeRepository(origin, files)
  const repositories = createRepositories({ home })
  const run_id = identifiers.make('run')
  const repository = await repositories.open(run_id, await repositories.resolve(origin, null))
  const driver = createBubblewrapDriver({ home })
  const workspace = await openWorkspace({
    driver,
    repository,
    run_id,
    setup_layer: null,
    tree: repository.source.tree,
  })
  const artifacts = createFilesystemArtifacts({ home })
  const steps: Recorded[] = []
  const tree = () => steps.findLast(({ outcome }) => outcome.tree !== undefined)?.outcome.tree ?? repository.source.tree
  const host: ToolHost = {
    run_id,
    tenant_id: LOCAL_TENANT,
    task: taskOf(options.scope ?? {}, options.agent ?? NATIVE),
    journal: journalOver(steps),
    sandbox: workspace.sandbox,
    repository,
    tree,
    checkpoint: () => workspace.checkpoint(),
    verify: async () => ({ report: { ...REPORT, tree: tree() }, text: 'passed: 3 tests' }),
    signal: new AbortController().signal,
    clock: systemClock,
  }
  const dependencies = {
    policy: createPolicy({ identifiers }),
    redactor: createRedactor(),
    artifacts,
    identifiers,
    files: createWorkspaceFiles,
  }
  const tools = createToolGateway(dependencies).bind(host)
  let calls = 0
  return {
    tools,
    host,
    steps,
    dependencies,
    call: (name, args, phase = 'editing') => {
      const n = calls++
      return tools.call({ id: `call_${n}`, name, arguments: args }, { phase, key: `tool:${n}:0` })
    },
    inTree: async (path) => {
      const bytes = await repository.readFile(tree(), path)
      return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
    },
    artifact: async (sha256) => Buffer.from((await artifacts.get(sha256)) ?? []).toString('utf8'),
    close: async () => {
      await workspace.close()
      await repository.remove()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function makeRepository(path: string, files: { readonly [path: string]: string | Uint8Array }): void {
  mkdirSync(path, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { cwd: path, stdio: 'pipe' })
  git('init', '-q', '-b', 'main')
  git('add', '-A', '-f')
  git('commit', '-q', '-m', 'base')
}

function journalOver(steps: Recorded[]): StepJournal {
  return {
    replaying: false,
    perform: async (intent, act) => {
      const known = steps.find(({ key }) => key === intent.key)
      // A recorded value has the type its act gave it.
      if (known !== undefined) return known.outcome.value as never
      const outcome = await act({ n: steps.length, reopened: false })
      // What is stored as JSON must come back as it was.
      const value: unknown = JSON.parse(JSON.stringify(outcome.value))
      steps.push({ key: intent.key, outcome })
      return value as never
    },
  }
}

const systemClock: ToolHost['clock'] = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms)
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      })
    }),
}

function taskOf(scope: Partial<TaskScope>, agent: AgentChoice): Task {
  return {
    id: identifiers.make('task'),
    tenant_id: LOCAL_TENANT,
    request_id: identifiers.make('request'),
    repository: 'origin',
    base_ref: null,
    title: 'Change something',
    objective: 'Change something',
    scope: { ...DEFAULT_SCOPE, ...scope },
    success_criteria: [],
    constraints: [],
    capability: 'code_change',
    mode: 'draft_pr',
    agent,
    verification: null,
    limits: DEFAULT_LIMITS,
    deadline: null,
    attachments: [],
    risk_hints: [],
    expected_output: null,
    owner: null,
    requester: 'someone',
    trust: 'operator',
    is_fix: false,
  }
}
