import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createForeignServers } from '#adapters/mcp'
import { createPolicy } from '#control-plane/policy'
import { DEFAULT_LIMITS } from '#domain/budget'
import { formatId, LOCAL_TENANT, type RunId } from '#domain/ids'
import type { Json } from '#domain/json'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import { createRedactor } from '#evidence-plane/redaction'
import {
  canonicalOffer,
  createMcpGateway,
  lookAtServer,
  type ForeignTools,
  type McpServerConfiguration,
} from '#execution-plane/mcp-gateway'
import type { AgentTools, Identifiers, PolicyDecision, Sandbox, SandboxDriver, StepJournal, StepOutcome } from '#ports'
import { FOREIGN_SERVER } from './foreign-server.ts'

/** A run's foreign tools over real processes; the journal is in memory, and the driver is the one that is asked for. */
export interface McpWorld {
  readonly folder: string
  readonly redactor: ReturnType<typeof createRedactor>
  readonly steps: Map<string, StepOutcome<Json>>
  readonly run_id: RunId
  /** Pins what a server that runs in `mode` offers. */
  pin(mode: string, id?: string): Promise<string>
  /** Binds a server `docs` that runs in `mode`; absent settings are those of an allowed `echo`. */
  bind(
    mode: string,
    settings?: Partial<McpServerConfiguration>,
    others?: readonly McpServerConfiguration[],
  ): Promise<{ tools: AgentTools; foreign: ForeignTools }>
  /** A server of another name, with its pin if it has one; its program is told `word`. */
  another(id: string, mode: string, word?: string): McpServerConfiguration
  call(
    tools: AgentTools,
    args: Json,
    name?: string,
  ): Promise<{ text: string; is_error: boolean; step: StepOutcome<Json> }>
  /** Ends the run, as a cancellation does. */
  stop(): void
  close(): Promise<void>
}

const identifiers: Identifiers = { make: (kind) => formatId(kind, crypto.getRandomValues(new Uint8Array(16))) }

/** The agent's own tools of these tests: none. */
const OWN: AgentTools = {
  declarations: () => [{ name: 'file_read', description: 'Reads.', input_schema: { type: 'object' } }],
  call: async ({ id, name }) => ({ answer: { call_id: id, name, text: 'own', is_error: false }, control: null }),
  leave: async () => ({ answer: 'refuse', rule: 'tool.unknown', message: 'no' }),
}

/** Without a driver, a server's program runs beside the test: for what is made of its words. */
export async function openWorld(makeDriver?: (home: string) => SandboxDriver): Promise<McpWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'gander-mcp-'))
  const program = join(folder, 'server')
  mkdirSync(program)
  writeFileSync(join(program, 'server.mjs'), FOREIGN_SERVER)
  const driver = makeDriver?.(join(folder, 'home')) ?? plainDriver()
  const inner = makeDriver === undefined ? program : '/opt/foreign'
  const server = (mode: string, id = 'docs', words: readonly string[] = []): McpServerConfiguration => ({
    id,
    command: [makeDriver === undefined ? process.execPath : 'node', join(inner, 'server.mjs'), mode, ...words],
    read_only: [{ host: program, inner }],
    tools: ['echo'],
    resources: ['note://a'],
    prompts: [],
    timeout_s: 10,
    max_calls: 100,
  })
  const redactor = createRedactor()
  const servers = createForeignServers({ version: '0.0.0-test' })
  const steps = new Map<string, StepOutcome<Json>>()
  const kept = new Map<string, string>()
  const pins = new Map<string, string>()
  let calls = 0
  const bound: ForeignTools[] = []
  const run_id = identifiers.make('run')
  const over = new AbortController()
  const pin = async (mode: string, id = 'docs'): Promise<string> => {
    const seen = await lookAtServer({ driver, servers }, server(mode, id), join(folder, 'look'))
    kept.set(id, canonicalOffer(seen.offer))
    pins.set(id, seen.pin)
    return seen.pin
  }
  const another = (id: string, mode: string, word?: string): McpServerConfiguration => {
    const pinned = pins.get(id)
    return { ...server(mode, id, word === undefined ? [] : [word]), ...(pinned === undefined ? {} : { pin: pinned }) }
  }
  return {
    folder,
    redactor,
    steps,
    run_id,
    pin,
    another,
    bind: async (mode, settings = {}, others = []) => {
      const configured = { ...another('docs', mode), ...settings }
      const foreign = await createMcpGateway({
        driver,
        servers,
        redactor,
        policy: createPolicy({ identifiers }),
        configuration: async () => ({ servers: [configured, ...others] }),
        pinned: async (id) => kept.get(id),
      }).bind({
        run_id,
        tenant_id: LOCAL_TENANT,
        task: TASK,
        journal: journalOver(steps),
        signal: over.signal,
        clock: { now: () => Date.now(), sleep: (ms) => new Promise((done) => setTimeout(done, ms)) },
        folder,
      })
      bound.push(foreign)
      return { tools: foreign.withForeignTools(OWN), foreign }
    },
    call: async (tools, args, name = 'mcp__docs__echo') => {
      const n = calls++
      const key = `tool:${n}:0`
      const { answer } = await tools.call({ id: `call_${n}`, name, arguments: args }, { phase: 'editing', key })
      const step = steps.get(`mcp:${key}`) ?? steps.get(key)
      if (step === undefined) throw new Error(`no step ${key}`)
      return { text: answer.text, is_error: answer.is_error, step }
    },
    stop: () => over.abort(new Error('the run was cancelled')),
    close: async () => {
      await Promise.all(bound.map((one) => one.close()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const TASK = {
  mode: 'draft_pr',
  scope: DEFAULT_SCOPE,
  limits: DEFAULT_LIMITS,
  agent: { kind: 'native' },
} as unknown as Task

function journalOver(steps: Map<string, StepOutcome<Json>>): StepJournal {
  return {
    replaying: false,
    recorded: (key) => steps.has(key),
    perform: async ({ key, decision }, act) => {
      const done = steps.get(key)
      if (done !== undefined) return done.value as never
      const standing: { decision?: PolicyDecision } = decision === undefined ? {} : { decision }
      const outcome = await act({ n: steps.size + 1, reopened: false, ...standing })
      steps.set(key, outcome)
      return outcome.value
    },
  }
}

/** A driver without any fence: for what is made of a server's words, not for what holds its program. */
function plainDriver(): SandboxDriver {
  const open = async (): Promise<Sandbox> => {
    const none = () => Promise.reject(new Error('not in this test'))
    const children = new Set<ReturnType<typeof spawn>>()
    return {
      id: 'plain',
      fingerprint: 'plain',
      tree: { path: '/', uid: 0, gid: 0 },
      capture: none,
      exec: none,
      start: async ({ argv: [program = '', ...args] }) => {
        const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } })
        children.add(child)
        child.stdin.on('error', () => undefined)
        let errors = ''
        child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')))
        return {
          output: child.stdout,
          errors: () => errors,
          write: (bytes) =>
            new Promise((done, fail) => child.stdin.write(bytes, (error) => (error ? fail(error) : done()))),
          closeInput: () => void child.stdin.end(),
          ended: new Promise((done) =>
            child.on('close', (exit_code, signal) => done({ exit_code, signal, ended_by: 'exit', duration_ms: 0 })),
          ),
          kill: async () => void child.kill('SIGKILL'),
        }
      },
      close: async () => {
        for (const child of children) child.kill('SIGKILL')
      },
    }
  }
  return {
    name: 'plain',
    isolation: 'shared_kernel',
    probe: () => Promise.reject(new Error('none')),
    open,
    sweep: async () => 0,
  }
}
