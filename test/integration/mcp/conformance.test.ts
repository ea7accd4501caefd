import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readEvidence } from '#evidence-plane/packet'
import { createAssistantServer, serveGuestTools, serveOverHttp } from '#adapters/mcp-server'
import { createRedactor } from '#evidence-plane/redaction'
import type { AgentTools } from '#ports'
import { FAKE_CHANGE, fakePlatform, fakeRun, fakeView, runId } from '../../support/fake-platform.ts'
import { startFront, type Front } from './front.ts'

const CONFORMANCE = 'node_modules/@modelcontextprotocol/conformance/dist/index.js'
const TOKEN = 'a-token-of-this-test'
const RUN = runId(1)

const NO_MEDIA = 'neither server gives anything but text'
const NO_PROMPTS = 'neither server has prompts'
const NO_BACK_CHANNEL = 'neither server ever asks its client for anything'
const NO_SUBSCRIPTION = 'what is read of a run is read when it is asked for; there is nothing to subscribe to'
const NO_SESSION = 'neither server keeps a session or a stream to resume; the tool makes no check of it then'
const NO_LOG = 'neither server sends log messages to its client'

/** Every server scenario of the tool: the servers that pass it, or why neither can. */
const SERVER_SCENARIOS: Readonly<Record<string, readonly ('assistant' | 'guest')[] | string>> = {
  'server-initialize': ['assistant', 'guest'],
  ping: ['assistant', 'guest'],
  'tools-list': ['assistant', 'guest'],
  'tools-call-simple-text': ['assistant', 'guest'],
  'tools-call-error': ['assistant', 'guest'],
  'json-schema-2020-12': ['guest'],
  'resources-list': ['assistant'],
  'resources-read-text': ['assistant'],
  'resources-templates-read': ['assistant'],
  'dns-rebinding-protection': ['assistant', 'guest'],
  'logging-set-level': NO_LOG,
  'tools-call-with-logging': NO_LOG,
  'completion-complete': 'no argument of either server has completions',
  'tools-call-image': NO_MEDIA,
  'tools-call-audio': NO_MEDIA,
  'tools-call-embedded-resource': NO_MEDIA,
  'tools-call-mixed-content': NO_MEDIA,
  'resources-read-binary': NO_MEDIA,
  'tools-call-with-progress': 'no tool of either server tells its progress',
  'tools-call-sampling': NO_BACK_CHANNEL,
  'tools-call-elicitation': NO_BACK_CHANNEL,
  'elicitation-sep1034-defaults': NO_BACK_CHANNEL,
  'elicitation-sep1330-enums': NO_BACK_CHANNEL,
  'server-sse-polling': NO_SESSION,
  'server-sse-multiple-streams': NO_SESSION,
  'resources-subscribe': NO_SUBSCRIPTION,
  'resources-unsubscribe': NO_SUBSCRIPTION,
  'prompts-list': NO_PROMPTS,
  'prompts-get-simple': NO_PROMPTS,
  'prompts-get-with-args': NO_PROMPTS,
  'prompts-get-embedded-resource': NO_PROMPTS,
  'prompts-get-with-image': NO_PROMPTS,
}

const NO_HTTP =
  'a foreign server is a process in a sandbox without a network: there is no HTTP to retry or sign in over'

/** Every client scenario (`auth/*`: all below it): passed, refused on purpose, or why it cannot apply. */
const CLIENT_SCENARIOS: Readonly<Record<string, string>> = {
  initialize: 'passes',
  tools_call: 'passes',
  'elicitation-sep1034-client-defaults': 'refuses',
  'sse-retry': NO_HTTP,
  'auth/*': NO_HTTP,
}

/** The tool asks for things by the names of its own example server; the front puts ours in their place. */
const ASSISTANT_NAMES: readonly (readonly [string, string])[] = [
  ['test://static-text', `gander://runs/${RUN}/diff`],
  ['test://template/123/data', `gander://runs/${RUN}/evidence`],
  ['the run 123', `the run ${RUN}`],
  ['test_simple_text', 'list_runs'],
  ['test_error_handling', 'show_run'],
]
const GUEST_NAMES: readonly (readonly [string, string])[] = [
  ['test_simple_text', 'file_read'],
  ['test_error_handling', 'verify'],
  ['json_schema_2020_12_tool', 'git_diff'],
]

const SCHEMA_OF_THE_TOOL = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
  properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
  additionalProperties: false,
}

const folder = mkdtempSync(join(tmpdir(), 'gander-conformance-'))
const fronts: Front[] = []
const passed = new Map<string, string>()
let listed = ''

beforeAll(async () => {
  const [assistant, guest] = await Promise.all([frontOfAssistant(), frontOfGuest()])
  fronts.push(assistant, guest)
  const suite = (port: number) =>
    conformance(['server', '--url', `http://localhost:${port}/mcp`, '--suite', 'all', '-o', folder])
  const [ofAssistant, ofGuest, list] = await Promise.all([
    suite(assistant.port),
    suite(guest.port),
    conformance(['list']),
  ])
  passed.set('assistant', ofAssistant.text).set('guest', ofGuest.text)
  listed = list.text
})
afterAll(async () => {
  await Promise.all(fronts.map((front) => front.close()))
  rmSync(folder, { recursive: true, force: true })
})

describe('the official conformance tool', () => {
  it('has no scenario that this table does not judge', () => {
    const names = [...listed.matchAll(/^ {2}- (\S+)/gm)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThan(40)
    const judged = new Set([...Object.keys(SERVER_SCENARIOS), ...Object.keys(CLIENT_SCENARIOS)])
    expect(names.filter((name) => !judged.has(name.replace(/^auth\/.*/, 'auth/*')))).toEqual([])
  })

  const scenarios = Object.entries(SERVER_SCENARIOS).flatMap(([scenario, servers]) =>
    typeof servers === 'string' ? [] : servers.map((server) => ({ scenario, server })),
  )
  it.each(scenarios)('is passed by the server for $server: $scenario', ({ scenario, server }) => {
    const text = passed.get(server) ?? ''
    expect(new RegExp(`^. ${scenario}: .*$`, 'm').exec(text)?.[0], text).toMatch(/^✓ \S+: [1-9]\d* passed, 0 failed$/)
  })

  const left_out = Object.entries(SERVER_SCENARIOS).filter(([, why]) => typeof why === 'string')
  it.each(left_out)('%s is not passed, so the reason for leaving it out still holds: %s', (scenario) => {
    for (const text of passed.values()) expect(text).not.toMatch(new RegExp(`^✓ ${scenario}: [1-9]`, 'm'))
  })
})

describe.concurrent('the client of the gateway', () => {
  const those = (answer: string) => Object.keys(CLIENT_SCENARIOS).filter((name) => CLIENT_SCENARIOS[name] === answer)

  it.each(those('passes'))('passes the official scenario %s', async (scenario) => {
    const { code, text } = await asClient(scenario)
    expect(code, text).toBe(0)
    expect(text).toContain('OVERALL: PASSED')
  })

  it.each(those('refuses'))('refuses what %s asks it for, as a method that it does not have', async (scenario) => {
    const { text } = await asClient(scenario)
    expect(text).toContain('Elicitation failed: MCP error -32601')
  })
})

const asClient = (scenario: string) => {
  const program = join(import.meta.dirname, 'client/run.ts')
  const command = `${process.execPath} --disable-warning=ExperimentalWarning ${program}`
  return conformance(['client', '--command', command, '--scenario', scenario, '-o', folder])
}

function conformance(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((done) =>
    execFile(process.execPath, [CONFORMANCE, ...args], { maxBuffer: 16 * 1024 ** 2 }, (error, out, err) =>
      done({ code: error === null ? 0 : 1, text: `${out}${err}` }),
    ),
  )
}

async function frontOfAssistant(): Promise<Front> {
  const completed = fakeRun('completed')
  const view = fakeView({ ...completed, facts: { ...completed.facts, packet_sha256: 'c'.repeat(64) } })
  const platform = {
    ...fakePlatform({ runs: [view], change: FAKE_CHANGE }),
    artifact: async () => Buffer.from(JSON.stringify({ evidence: `of the run ${RUN}` })),
  }
  const factory = () =>
    createAssistantServer({ platform, redactor: createRedactor(), version: '0.0.0-test', readEvidence })
  const served = await serveOverHttp({ factory, at: { port: 0 }, token: TOKEN })
  return startFront({
    to: { host: '127.0.0.1', port: served.port ?? 0 },
    token: TOKEN,
    names: ASSISTANT_NAMES,
    closing: () => served.close(),
  })
}

async function frontOfGuest(): Promise<Front> {
  const socketPath = join(folder, 'guest')
  const tools: AgentTools = {
    declarations: () =>
      ['file_read', 'verify', 'git_diff'].map((name) => ({
        name,
        description: name,
        input_schema: name === 'git_diff' ? SCHEMA_OF_THE_TOOL : { type: 'object' },
      })),
    call: async ({ id, name }) => ({
      answer: { call_id: id, name, text: `${name} answers`, is_error: name === 'verify' },
      control: null,
    }),
    leave: async () => ({ answer: 'refuse', rule: 'x', message: 'x' }),
  }
  let calls = 0
  const serving = await serveGuestTools({
    tools,
    phase: 'editing',
    nextKey: () => `guest:${calls++}`,
    token: TOKEN,
    socket: socketPath,
    version: '0.0.0-test',
  })
  return startFront({ to: { socketPath }, token: TOKEN, names: GUEST_NAMES, closing: () => serving.close() })
}
