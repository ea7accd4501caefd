import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventDraft } from '#domain/event'
import { DEFAULT_LIMITS } from '#domain/budget'
import { DEFAULT_SCOPE, GUEST_APIS, type KnownGuest, type Task } from '#domain/task'
import type { AgentOutcome, AgentSession, FoundGuest, Redactor, Sandbox } from '#ports'
import { createGuests } from '#adapters/guests'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { createGuestAgent, guestCliOf } from '#execution-plane/agents'
import { createGuestToolDesk } from '../../../src/main/guest-tool-desk.ts'
import { systemClock } from '../../../src/main/system-clock.ts'
import { emptyMemory, memoryJournal, type StepMemory } from '../../support/agents/memory-journal.ts'
import { scriptedTools, type ScriptedTools } from '../../support/agents/scripted-session.ts'
import { plainChannel } from '../../support/guests/plain-channel.ts'
import { scriptedGuest } from '../../support/guests/scripted-guest.ts'
import { makeSandboxGround, shellIn, type SandboxGround } from '../../support/sandbox-fixtures.ts'
import { startScriptedModel, type ScriptedModel } from '../../support/scripted-model/index.ts'

const guests = createGuests({ env: process.env, user_home: homedir(), cwd: '/nowhere', node: process.execPath })

let ground: SandboxGround
let model: ScriptedModel

beforeAll(async () => {
  ground = makeSandboxGround({ 'README.md': 'hello\n' })
  mkdirSync(join(ground.root, 'doors'), { recursive: true })
  chmodSync(ground.root, 0o711)
  model = await startScriptedModel(scriptedGuest(['echo made > made.txt', { tool: 'verify' }], 'Made the file.'))
})
afterAll(async () => {
  await model.close()
  ground.remove()
})

const PLAIN: Redactor = {
  register: () => undefined,
  redact: async (text) => ({ text, count: 0, kinds: [], confirmed: false }),
  version: 'test',
}

interface Worked {
  readonly outcome: AgentOutcome
  readonly events: readonly EventDraft[]
  readonly artifacts: ReadonlyMap<string, string>
  readonly made: string
  /** Tools of its run it called. */
  readonly called: readonly string[]
  /** Tools it asked leave for. */
  readonly asked: readonly string[]
}

async function work(
  found: FoundGuest,
  wish: {
    readonly id?: KnownGuest
    /** Spoken with over the Agent Client Protocol; what it asks leave for is answered with this. */
    readonly acp?: 'allow' | 'refuse'
    readonly memory?: StepMemory
    readonly signal?: AbortSignal
    readonly minutes?: number
    readonly stall_ms?: number
    /** Another model than the one of all. */
    readonly at?: ScriptedModel
  } = {},
): Promise<Worked> {
  const driver = createBubblewrapDriver({ home: ground.home })
  const sandbox = await driver.open(ground.spec({ purpose: 'guest', read_only: found.read_only }))
  try {
    return await workIn(sandbox, found, wish)
  } finally {
    await sandbox.close()
  }
}

async function workIn(sandbox: Sandbox, found: FoundGuest, wish: Parameters<typeof work>[1] = {}): Promise<Worked> {
  const {
    id,
    acp,
    memory = emptyMemory(),
    signal = new AbortController().signal,
    minutes = 4,
    stall_ms = 120_000,
    at = model,
  } = wish
  const noted: EventDraft[] = []
  const artifacts = new Map<string, string>()
  const api = id === undefined ? (acp === undefined ? 'anthropic' : 'openai-chat') : (GUEST_APIS[id][0] ?? 'anthropic')
  const choice = { provider: 'scripted', model: 'scripted-coder', api, url: at.url('anthropic') }
  const channel = await plainChannel(join(ground.root, 'doors'), Number(new URL(at.url('anthropic')).port))
  const guest =
    id === undefined
      ? { kind: acp === undefined ? ('command' as const) : ('acp' as const), argv: found.argv }
      : { kind: 'known' as const, id }
  const journal = memoryJournal(memory)
  const agent = createGuestAgent({
    found,
    cli: guestCliOf(guest),
    model: choice,
    gateway: channel,
    tool_desk: createGuestToolDesk({ home: ground.home, version: 'test', redactor: PLAIN }),
    stall_ms,
    sandbox,
    checkpoint: async () => ({
      tree: (await shellIn(sandbox, 'cat made.txt 2>/dev/null || true')).stdout,
      refused: [],
    }),
    tree: () => '',
    changedFiles: async () => 1,
    fence: 1,
    note: async (events) => void noted.push(...events),
    redactor: PLAIN,
    artifacts: {
      put: async (content) => {
        artifacts.set('kept', String(content))
        return { sha256: 'kept', bytes: content.length }
      },
      get: async () => undefined,
      locate: async () => undefined,
    },
    clock: systemClock,
  })
  const opened = session(journal, signal, minutes)
  const asked: string[] = []
  const outcome = await agent.work({
    ...opened,
    tools: {
      ...opened.tools,
      leave: async (request) => {
        asked.push(request.name)
        return { answer: acp ?? 'refuse', rule: 'test', message: 'as the test says' }
      },
    },
  })
  const made = (await shellIn(sandbox, 'cat made.txt 2>/dev/null || true')).stdout.trim()
  const called = opened.tools.called.map(({ name }) => name)
  return { outcome, events: [...noted, ...journal.events], artifacts, made, asked, called }
}

type Session = AgentSession & { readonly tools: ScriptedTools }

function session(journal: ReturnType<typeof memoryJournal>, signal: AbortSignal, minutes: number): Session {
  const limits = { ...DEFAULT_LIMITS, max_minutes: minutes }
  const task = { title: 'Make the file', scope: DEFAULT_SCOPE, capability: 'code_change', constraints: [], limits }
  return {
    run_id: 'run_test',
    tenant_id: 'tenant_test',
    task: task as unknown as Task,
    phase: 'editing',
    system: '',
    opening: 'Make the file made.txt.',
    journal,
    tools: scriptedTools(journal),
    budget: () => ({ limits, use: { cost_usd: 0, reserved_usd: 0, active_ms: 0, steps: 0, tokens: 0 } }),
    signal,
  } as unknown as Session
}

describe('a guest in its sandbox', () => {
  it('as any command reads its instructions from the file in its words', async () => {
    const argv = ['sh', '-c', 'grep -q "Make the file" "$1" && echo made > made.txt', 'tool', '{prompt_file}']
    const { outcome, made } = await work({ id: 'sh', version: 'unknown', argv, read_only: [] })
    expect(outcome.kind).toBe('finished')
    expect(made).toBe('made')
  })

  it.each([
    ['opencode', ['acp'], ['verify']],
    // It does not connect to servers that it is told of over the protocol.
    ['qwen-code', ['--acp', '--auth-type', 'openai'], []],
  ] as const)('%s works as well when it is spoken with by protocol', async (id, words, calls) => {
    const { found, reason } = await guests.find(id)
    if (found === null) return console.log(`skipped: ${reason}`)
    const spoken = { ...found, argv: [...found.argv, ...words] }
    const { outcome, made, artifacts, called } = await work(spoken, { acp: 'allow' })
    expect(outcome, artifacts.get('kept')).toEqual({ kind: 'finished', summary: 'Made the file.' })
    expect(made).toBe('made')
    expect(called).toEqual(calls)
  })

  it('that asks leave and is refused it changes nothing', async () => {
    const { found, reason } = await guests.find('qwen-code')
    if (found === null) return console.log(`skipped: ${reason}`)
    const argv = [...found.argv, '--acp', '--auth-type', 'openai']
    const { asked, made } = await work({ ...found, argv }, { acp: 'refuse' })
    expect(asked).toContain('shell_exec')
    expect(made).toBe('')
  })

  it('that fails without a change is a failed guest with its last words', async () => {
    const argv = ['sh', '-c', 'echo "no such option" >&2; exit 3']
    const { outcome } = await work({ id: 'sh', version: 'unknown', argv, read_only: [] })
    expect(outcome).toMatchObject({ kind: 'guest_failed' })
    expect(outcome).toHaveProperty('message', expect.stringMatching(/exit code 3.*no such option/))
  })

  it('that is not there is a failed guest', async () => {
    const { outcome } = await work({ id: 'nothing', version: 'unknown', argv: ['no-such-program'], read_only: [] })
    expect(outcome.kind).toBe('guest_failed')
  })

  it('that outlives its minutes is ended with what it started, and its tree is kept', async () => {
    const argv = ['sh', '-c', 'echo made > made.txt; sleep 300 & sleep 300']
    const { outcome, made } = await work({ id: 'sh', version: 'unknown', argv, read_only: [] }, { minutes: 0.03 })
    expect(outcome).toMatchObject({ kind: 'exhausted', verdict: { budget: 'minutes' } })
    expect(made).toBe('made')
  })

  it('that was out of minutes starts again with the next leave', async () => {
    const memory = emptyMemory()
    const slow = { id: 'sh', version: 'unknown', argv: ['sh', '-c', 'sleep 300'], read_only: [] }
    expect((await work(slow, { minutes: 0.02, memory })).outcome.kind).toBe('exhausted')
    const quick = { ...slow, argv: ['sh', '-c', 'echo made > made.txt'] }
    expect((await work(quick, { memory })).outcome.kind).toBe('finished')
  })

  it.each([
    ['that says nothing and does nothing', 'sleep 300', /did nothing any more/],
    ['whose output has no end', 'yes', /output had no end/],
    ['that is killed itself', 'kill -9 $$', /ended by exit/],
  ])('%s is stopped, and is a failed guest that says so', async (_, command, words) => {
    const started = Date.now()
    const { outcome } = await work(
      { id: 'sh', version: 'unknown', argv: ['sh', '-c', command], read_only: [] },
      { stall_ms: 2_000 },
    )
    expect(outcome).toMatchObject({ kind: 'guest_failed', message: expect.stringMatching(words) })
    expect(Date.now() - started).toBeLessThan(60_000)
  })

  it('that ends at once and well has finished, with nothing made and nothing said', async () => {
    const argv = ['true']
    const { outcome, made } = await work({ id: 'true', version: 'unknown', argv, read_only: [] })
    expect(outcome).toEqual({ kind: 'finished', summary: 'The guest gave no summary.' })
    expect(made).toBe('')
  })

  it('whose run is cancelled is killed and leaves no outcome', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('cancelled')), 500)
    const argv = ['sh', '-c', 'sleep 300']
    await expect(work({ id: 'sh', version: 'unknown', argv, read_only: [] }, { signal: stop.signal })).rejects.toThrow(
      'cancelled',
    )
  })

  it('is not found where nothing has its name, and the reason says how to get it', async () => {
    const none = createGuests({ env: {}, user_home: '/nowhere', cwd: '/', node: process.execPath })
    expect(await none.find('codex')).toMatchObject({ found: null, reason: expect.stringContaining('npm install') })
    expect(existsSync('/nowhere')).toBe(false)
  })
})
