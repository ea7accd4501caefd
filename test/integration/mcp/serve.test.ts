import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { networkInterfaces } from 'node:os'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, until, type Lab } from '../../support/lab/lab.ts'
import { call, finish, plan, play } from '../../support/lab/play.ts'
import { KEY, modelWords } from '../../support/lab/session.ts'
import { python } from '../../support/lab/solutions.ts'
import { startScriptedModel } from '../../support/scripted-model/index.ts'
import { FOREIGN_SERVER } from './foreign-server.ts'

const CANARY = 'zq-0123456789-of-another-place'
const ISSUE = readFileSync('examples/python/issue.md', 'utf8')
const TITLE = /^# (.+)$/m.exec(ISSUE)?.[1] ?? ''

let lab: Lab
let model: Awaited<ReturnType<typeof startScriptedModel>>
let repository: string
/** `gander mcp serve --http 0 --allow-submit`, started once for all of these tests. */
let program: ChildProcess
let http: { readonly url: string; readonly token_file: string }
let assistant: Client
let run = ''

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  model = await startScriptedModel(
    play({
      planning: [plan('stocktake/count.py')],
      editing: [call('mcp__docs__echo', { text: 'hi' }), python.source, python.test, finish()],
    }),
  )
  const words = ['mcp', 'serve', '--http', '0', '--json', '--allow-submit', ...modelWords(model.url('anthropic'))]
  program = lab.start(words, { SCRIPTED_API_KEY: KEY })
  program.stderr?.resume()
  const [line] = (await once(createInterface({ input: program.stdout ?? process.stdin }), 'line')) as [string]
  http = JSON.parse(line) as typeof http
  assistant = await overHttp()
})
afterAll(async () => {
  await assistant.close()
  program.kill('SIGKILL')
  await model.close()
  await lab.close()
})

async function overHttp(): Promise<Client> {
  const client = new Client({ name: 'a-persons-assistant', version: '1.0.0' })
  const authorization = `Bearer ${readFileSync(http.token_file, 'utf8').trim()}`
  await client.connect(
    new StreamableHTTPClientTransport(new URL(http.url), { requestInit: { headers: { authorization } } }),
  )
  return client
}

async function ask(client: Client, name: string, args: Readonly<Record<string, unknown>> = {}) {
  const { content, isError } = await client.callTool({ name, arguments: { ...args } })
  const [part] = content
  return { text: part?.type === 'text' ? part.text : '', is_error: isError === true }
}
const told = async (client: Client, name: string, args: Readonly<Record<string, unknown>> = {}) =>
  JSON.parse((await ask(client, name, args)).text) as Readonly<Record<string, unknown>>

describe('gander mcp pin', () => {
  it('starts a server in its sandbox, pins what it offers, and tells what changed when it is pinned anew', async () => {
    const program_folder = join(lab.root, 'foreign')
    mkdirSync(program_folder)
    writeFileSync(join(program_folder, 'server.mjs'), FOREIGN_SERVER)
    const file = join(lab.home, 'mcp.yaml')
    const written = (mode: string) => [
      'version: 1',
      'servers:',
      '  # the words of a person stay',
      '  - id: docs',
      `    command: [node, /opt/foreign/server.mjs, ${mode}]`,
      `    read_only: [{ host: ${program_folder}, inner: /opt/foreign }]`,
      '    tools: [echo]',
      '    prompts: [review]',
    ]
    writeFileSync(file, `${written('honest').join('\n')}\n`)
    expect((await lab.gander(['mcp', 'list'])).stdout).toContain('not pinned')
    const first = await lab.gander(['mcp', 'pin', 'docs', '--json'])
    const pinned = JSON.parse(first.stdout) as { readonly pin: string }
    expect(pinned, first.stderr).toMatchObject({ changed: [], tools: ['mcp__docs__echo', 'mcp__docs__get-prompt'] })
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('# the words of a person stay')
    expect(text).toContain(pinned.pin)
    writeFileSync(file, text.replace('honest', 'changed'))
    const second = await lab.gander(['mcp', 'pin', 'docs'])
    expect(second.stdout).toMatch(/changed +tool echo: description: .*evil\.example/)
  })
})

describe('gander mcp serve --http --allow-submit', () => {
  it('takes a task through intake, works on it, and shows contract, run, diff and evidence', async () => {
    const description = `${ISSUE.replace(/^# .+$/m, '')}\nSeen at ${CANARY}.`
    const task = { repository, title: TITLE, description, mode: 'dry_run_patch' }
    run = String((await told(assistant, 'submit_task', task))['run'])
    let shown: Readonly<Record<string, unknown>> = {}
    await until(async () => {
      shown = await told(assistant, 'show_run', { run })
      return /^(completed|failed|needs_human|blocked_policy|paused|awaiting_approval)$/.test(String(shown['state']))
    }, 110_000)
    expect(shown['state'], JSON.stringify(shown)).toBe('completed')

    // The model was answered by the foreign server that was pinned above, from its sandbox, and as data.
    expect(JSON.stringify(model.requests)).toMatch(/trust=untrusted>\\+necho: hi\\+n<\/data/)

    // Who wrote the words that an assistant hands in is not known, whoever started the server.
    expect(await told(assistant, 'show_task', { run })).toMatchObject({
      trust: 'unknown',
      mode: 'dry_run_patch',
      repository,
    })
    expect((await ask(assistant, 'get_diff', { run })).text).toContain('+++ b/stocktake/count.py')
    expect(await told(assistant, 'get_evidence', { run })).toHaveProperty('answers')
    const artifacts = shown['artifacts'] as readonly { readonly kind: string; readonly sha256: string }[]
    const patch = artifacts.find(({ kind }) => kind === 'patch')
    expect((await ask(assistant, 'get_artifact', { run, sha256: patch?.sha256 })).text).toContain('stocktake/count.py')
    expect(await ask(assistant, 'get_artifact', { run, sha256: '0'.repeat(64) })).toMatchObject({ is_error: true })
    const { contents } = await assistant.readResource({ uri: `gander://runs/${run}/diff` })
    expect(contents[0]).toMatchObject({ mimeType: 'text/x-diff' })
  })

  it('says what a task lacks as `gander run` does, and starts nothing', async () => {
    const runs = JSON.parse((await ask(assistant, 'list_runs')).text) as readonly unknown[]
    const vague = await ask(assistant, 'submit_task', { repository, title: 'Fix', description: 'it' })
    expect(vague.is_error).toBe(true)
    expect(vague.text).toMatch(/does not say enough/)
    const nowhere = await ask(assistant, 'submit_task', { repository: '/nowhere', title: TITLE, description: ISSUE })
    expect(nowhere.is_error).toBe(true)
    expect(JSON.parse((await ask(assistant, 'list_runs')).text)).toHaveLength(runs.length)
  })

  it('keeps its token in a file for this user alone, and listens at the loopback only', async () => {
    expect(statSync(http.token_file).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(http.token_file)).mode & 0o777).toBe(0o700)
    const { port, hostname } = new URL(http.url)
    expect(hostname).toBe('127.0.0.1')
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    for (const { address } of others.filter(({ internal, family }) => !internal && family === 'IPv4'))
      await expect(reach(address, Number(port))).resolves.toBe('ECONNREFUSED')
    await expect(reach('127.0.0.1', Number(port))).resolves.toBe('open')
  })

  it('says that its port is taken, and what to do', async () => {
    const { code, stderr } = await lab.gander(['mcp', 'serve', '--http', new URL(http.url).port])
    expect(code).toBe(2)
    expect(stderr).toMatch(/port \d+ of 127\.0\.0\.1 \(EADDRINUSE\)[^]*--http 0/)
  })

  it('refuses a page in a browser: by its origin, by a name of its own for this host, and without the token', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })
    const authorization = `Bearer ${readFileSync(http.token_file, 'utf8').trim()}`
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const post = async (more: Record<string, string>) =>
      (await fetch(http.url, { method: 'POST', headers: { ...headers, ...more }, body })).status
    expect(await post({})).toBe(401)
    expect(await post({ authorization, origin: 'https://evil.example' })).toBe(403)
    expect(await post({ authorization, origin: 'http://localhost:3000' })).toBe(200)
  })
})

const reach = (host: string, port: number) =>
  new Promise<string>((done) => {
    const socket = connect({ host, port, timeout: 3000 })
    const end = (word: string) => (socket.destroy(), done(word))
    socket.on('connect', () => end('open')).on('timeout', () => end('timeout'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'))
  })

describe('gander mcp serve', () => {
  it('reads over the standard streams, cuts what this user keeps secret, and ends with its client', async () => {
    const [command = '', ...args] = lab.command(['mcp', 'serve'])
    const env = { ...(lab.environment as Record<string, string>), OTHER_SERVICE_TOKEN: CANARY }
    const transport = new StdioClientTransport({ command, args, env, cwd: lab.root, stderr: 'ignore' })
    const client = new Client({ name: 'a-persons-assistant', version: '1.0.0' })
    await client.connect(transport)
    const pid = transport.pid ?? 0
    const { tools } = await client.listTools()
    const names = tools.map(({ name }) => name).toSorted()
    expect(names).toEqual(['get_artifact', 'get_diff', 'get_evidence', 'list_runs', 'show_run', 'show_task'])
    expect(await refusalOf(client.callTool({ name: 'submit_task', arguments: {} }))).toMatch(/submit_task/)
    // The same text is whole where its value is nobody's secret.
    expect((await ask(assistant, 'show_task', { run })).text).toContain(CANARY)
    const { text } = await ask(client, 'show_task', { run })
    expect(text).toContain('Seen at')
    expect(text).not.toContain(CANARY)
    await client.close()
    await until(async () => !existsSync(`/proc/${pid}`), 20_000)
  })

  it('over HTTP takes its token away when it is ended, and ends with success', async () => {
    const ended = once(program, 'exit')
    program.kill('SIGTERM')
    expect((await ended)[0]).toBe(0)
    expect(existsSync(http.token_file)).toBe(false)
  })
})

const refusalOf = (answer: Promise<{ readonly isError?: boolean | undefined; readonly content: readonly unknown[] }>) =>
  answer.then(
    ({ isError, content }) => (isError === true ? JSON.stringify(content) : 'it was done'),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
