import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/client'
import { InMemoryTransport } from '@modelcontextprotocol/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEvidence } from '#evidence-plane/packet'
import { createAssistantServer } from '#adapters/mcp-server'
import { openDatabase } from '#adapters/postgres'
import { DEFAULT_SCOPE } from '#domain/task'
import { createRedactor } from '#evidence-plane/redaction'
import type { Platform, Redactor, RunOrder, RunView } from '#ports'
import { endServers } from '../../bench/processes.ts'
import { openPlatform } from '../../src/main/open-platform.ts'
import { makeRepository } from '../../src/main/prepare-demo.ts'
import { recordRun } from '../../src/main/record-run.ts'
import { canariesIn, canaryFiles, ENCODINGS, makeCanaries } from '../support/canaries/canaries.ts'
import { git } from '../support/lab/lab.ts'
import { call, finish, plan, play } from '../support/lab/play.ts'
import { python } from '../support/lab/solutions.ts'
import { prepareHome } from '../support/prepared-home.ts'
import { startScriptedModel, type Script, type ScriptedModel } from '../support/scripted-model/index.ts'
import { asTenant } from '../support/as-tenant.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const VALUES = makeCanaries(500)
/** The key that the model's server is asked with; the others are registered beside it. */
const KEY = 'sk-canary-host-0123456789abcdefghij'
const MARK = '[redacted:registered]'
const exec = promisify(execFile)

let root: string
let home: string
let platform: Platform
let model: ScriptedModel
let redactor: Redactor
let delivered: RunView
let blocked: RunView
let script: Script = () => ({ text: 'nothing' })

const say = (...encodings: readonly string[]) =>
  call('shell_exec', { argv: ['python3', 'stocktake/say.py', ...encodings] })

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gander-canaries-'))
  home = join(root, 'home')
  const repository = join(root, 'repository')
  await makeRepository(join(ROOT, 'examples/python/repository'), repository)
  for (const [path, text] of Object.entries(canaryFiles(VALUES))) {
    await mkdir(join(repository, path, '..'), { recursive: true })
    await writeFile(join(repository, path), text)
  }
  // What the tests print: every value in every encoding, in the logs of both verifications.
  const shout = `from stocktake.say import say\n\nfor name in ${JSON.stringify(ENCODINGS)}:\n    say(name)\n`
  await writeFile(join(repository, 'tests/__init__.py'), shout)
  await git(repository, 'add', '--all')
  await git(repository, 'commit', '--quiet', '--message', 'A program that says what it must not')
  await prepareHome(home)
  platform = await openPlatform({ home, version: 'test' })
  model = await startScriptedModel((turn) => script(turn))
  redactor = createRedactor()
  for (const [index, value] of VALUES.entries()) redactor.register(`canary ${index}`, value)
  delivered = await work(
    repository,
    play({
      planning: [plan('stocktake/count.py')],
      editing: [
        say('raw', 'url', 'json'),
        say('base64', 'base64_1', 'base64_2', 'base64url'),
        say('hex', 'reversed'),
        say('lines'),
        call('shell_exec', { argv: ['echo', ...VALUES.slice(0, 100)] }),
        call('file_search', { pattern: VALUES[1] ?? '' }),
        call('file_read', { path: VALUES[2] ?? '' }),
        { text: `I saw ${VALUES.join(' ')}.`, tool_calls: [{ name: 'git_diff', arguments: {} }] },
        python.source,
        python.test,
        finish(`Mended it with ${VALUES.slice(0, 20).join(' and ')}.`),
      ],
    }),
  )
  const write = `python3 stocktake/say.py ${ENCODINGS.join(' ')} > stocktake/said.txt`
  blocked = await work(
    repository,
    play({
      planning: [plan('stocktake/count.py')],
      editing: [call('shell_exec', { argv: ['sh', '-c', write] }), call('git_diff'), python.source, finish()],
    }),
  )
}, 600_000)

afterAll(async () => {
  await platform?.close()
  await model?.close()
  await endServers(home)
  await rm(root, { recursive: true, force: true, maxRetries: 5 })
})

async function work(repository: string, next: Script): Promise<RunView> {
  script = next
  const { run } = await platform.submit(orderOf(repository, model.url('anthropic')))
  return platform.work(run.id)
}

function orderOf(repository: string, url: string): RunOrder {
  return {
    words: {
      source: 'cli',
      source_url: null,
      repository,
      title: `Counts of one article are added ${VALUES[3]}`,
      description: `Counts of one article are added up in stocktake/count.py.\n\n${VALUES.join('\n')}`,
      acceptance_criteria: [`Counts of one article are added, as in ${VALUES[4]}.`],
      constraints: [`Never say ${VALUES[5]}.`],
      deadline: null,
      attachments: [],
      risk_hints: [],
      expected_output: null,
      owner: null,
    },
    requester: 'test',
    base_ref: null,
    mode: 'draft_pr',
    scope: DEFAULT_SCOPE,
    agent: { kind: 'native', model: { provider: 'scripted', model: 'coder', api: 'anthropic', url }, fallback: null },
    verification: null,
    limits: { max_cost_usd: 50, max_minutes: 60, max_steps: 1_000, max_tokens: 1_000_000_000, max_repairs: 1 },
    keys: { scripted: KEY, ...Object.fromEntries(VALUES.map((value, index) => [`canary-${index}`, value])) },
  }
}

/** Everything below a folder of the home, by path. */
async function filesBelow(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const entry of await readdir(join(home, folder), { recursive: true, withFileTypes: true }).catch(() => []))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name)
      found.set(path, (await readFile(path)).toString('latin1'))
    }
  return found
}

/** Every row of every table, as text. */
async function rows(): Promise<ReadonlyMap<string, string>> {
  const database = await openDatabase({ home })
  try {
    const named = await database.pool.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    )
    const found = new Map<string, string>()
    for (const { name } of named.rows) {
      const { rows: all } = await asTenant(database, `select t::text as row from ${name} t`)
      found.set(name, all.map(({ row }) => String(row)).join('\n'))
    }
    return found
  } finally {
    await database.close()
  }
}

async function terminal(...words: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: root, LANG: 'C.UTF-8', GANDER_HOME: home, SCRIPTED_API_KEY: KEY }
  const options = { env, cwd: root, maxBuffer: 1 << 28 }
  // A run that ended badly makes these commands end with its code.
  const { stdout, stderr } = await exec(join(ROOT, 'bin/gander'), [...words], options).catch(
    (error: { readonly stdout: string; readonly stderr: string }) => error,
  )
  expect(stdout).not.toBe('')
  return `${stdout}\n${stderr}`
}

async function askedOverMcp(run: string): Promise<string> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const server = createAssistantServer({ platform, redactor, version: 'test', readEvidence })
  const client = new Client({ name: 'test', version: '1' })
  await Promise.all([server.connect(ours), client.connect(theirs)])
  const answers = []
  for (const name of ['list_runs', 'show_run', 'get_diff', 'get_evidence'])
    answers.push(JSON.stringify(await client.callTool({ name, arguments: name === 'list_runs' ? {} : { run } })))
  await client.close()
  return answers.join('\n')
}

const clean = (sinks: Iterable<readonly [name: string, text: string]>): void => {
  const leaks = [...sinks].flatMap(([name, text]) => canariesIn(text).map((piece) => `${name}: ${piece}`))
  expect(leaks).toEqual([])
}

describe(`${VALUES.length} registered values in ${ENCODINGS.length} encodings, said by the repository, the task and the model`, () => {
  test('the search for them finds each of them where nothing was cut', async () => {
    const { stdout } = await exec('python3', ['stocktake/say.py', ...ENCODINGS], {
      cwd: join(root, 'repository'),
      maxBuffer: 1 << 28,
    })
    for (const encoding of ENCODINGS) {
      const said = await exec('python3', ['stocktake/say.py', encoding], { cwd: join(root, 'repository') })
      expect(canariesIn(said.stdout), encoding).not.toEqual([])
    }
    expect(stdout.length).toBeGreaterThan(200_000)
    expect(canariesIn((await redactor.redact(stdout)).text)).toEqual([])
  })

  test('a run that has them in every log still ends with a draft pull request', () => {
    expect(delivered.run.state).toBe('completed')
    expect(delivered.pull_request?.url).toBeTruthy()
  })

  test('a run that writes them into its tree ends blocked, without a pull request', () => {
    expect(blocked.run.state).toBe('blocked_policy')
    expect(blocked.pull_request).toBeUndefined()
  })

  test('none reaches a request to the model', () => {
    const bodies = model.requests.map(({ n, body }) => [`request ${n}`, body] as const)
    expect(bodies.filter(([, body]) => body.includes(MARK)).length).toBeGreaterThan(5)
    clean(bodies)
    // The model is told what the marks are, so that it writes none back.
    expect(bodies.some(([, body]) => body.includes('never write such a mark'))).toBe(true)
  })

  test('none reaches an artifact: logs, patches, reports, exchanges, packets and their pages', async () => {
    const files = await filesBelow('artifacts')
    const texts = [...files.values()]
    expect(texts.filter((text) => text.includes(MARK)).length).toBeGreaterThan(5)
    expect(texts.filter((text) => text.includes('"gander.exchange/1"')).length).toBeGreaterThan(5)
    clean(files)
  })

  test('none reaches the database: ledger, steps, decisions, tasks, packets', async () => {
    const tables = await rows()
    for (const written of [MARK, 'by_kind', 'incident_opened'])
      expect(
        [...tables.values()].some((text) => text.includes(written)),
        written,
      ).toBe(true)
    clean(tables)
  })

  test('none reaches the logs that processes write', async () => {
    const files = [...(await filesBelow('.'))].filter(([path]) => path.endsWith('.log') || path.endsWith('.json'))
    expect(files.length).toBeGreaterThan(0)
    clean(files)
  })

  test('none reaches the pull request, its commit and its tree', async () => {
    const { title = '', body = '' } = delivered.pull_request_text ?? {}
    expect(`${title}\n${body}`).toContain(MARK)
    const branch = delivered.pull_request?.head_commit ?? ''
    const bare = (await readdir(home, { recursive: true })).filter((path) => path.endsWith('HEAD'))
    const folder = await holding(
      bare.map((path) => join(home, path, '..')),
      branch,
    )
    clean([
      ['text', `${title}\n${body}`],
      ['commit', await git(folder, 'show', '--format=raw', branch)],
      ['tree', (await exec('git', ['-C', folder, 'archive', '--format=tar', branch], { maxBuffer: 1 << 28 })).stdout],
    ])
  })

  test('none reaches what is exported and what an assistant asks over MCP', async () => {
    const conversation = await recordRun(platform, delivered.run.id)
    expect(conversation).toContain(MARK)
    const asked = `${await askedOverMcp(delivered.run.id)}\n${await askedOverMcp(blocked.run.id)}`
    expect(asked).toContain(MARK)
    clean([
      ['conversation', conversation],
      ['MCP', asked],
    ])
  })

  test('none reaches the terminal, nor a patch that is printed where the keys are known', async () => {
    const shown = [
      await terminal('show', delivered.run.id),
      await terminal('show', blocked.run.id, '--json'),
      await terminal('watch', delivered.run.id),
    ]
    clean([...shown.entries()].map(([index, text]) => [`terminal ${index}`, text] as const))
    const saved = join(home, 'keys.json')
    await writeFile(saved, JSON.stringify(Object.fromEntries(VALUES.map((value, index) => [`canary-${index}`, value]))))
    const patch = await terminal('diff', blocked.run.id)
    await rm(saved)
    expect(patch).toContain(MARK)
    clean([['patch', patch]])
  })

  test('each place is named in an incident, and never the value', () => {
    const where = new Set((delivered.incidents ?? []).filter((one) => one.is_confirmed).map((one) => one.where))
    for (const place of ['request', 'shell_exec', 'verification log']) expect([...where]).toContain(place)
  })
})

async function holding(folders: readonly string[], commit: string): Promise<string> {
  for (const folder of folders)
    if (
      await git(folder, 'cat-file', '-e', commit).then(
        () => true,
        () => false,
      )
    )
      return folder
  throw new Error(`no repository below ${home} holds ${commit}`)
}
