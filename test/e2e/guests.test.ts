import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuests } from '#adapters/guests'
import { openDatabase, type Database } from '#adapters/postgres'
import type { RunId } from '#domain/ids'
import { GUEST_APIS, KNOWN_GUESTS } from '#domain/task'
import { sharedParts } from '../../src/main/shared-parts.ts'
import { openLab, type Lab } from '../support/lab/lab.ts'
import { KEY, packetOf, runScripted } from '../support/lab/session.ts'
import { python } from '../support/lab/solutions.ts'
import { scriptedGuest, toolTexts } from '../support/guests/scripted-guest.ts'
import type { ScriptedReply, WireApi } from '../support/scripted-model/index.ts'

const run = promisify(execFile)
const guests = createGuests({ env: process.env, user_home: homedir(), cwd: '/nowhere', node: process.execPath })

/** A line of the example's solution as a command that writes the whole file. */
const asCommand = (reply: ScriptedReply): string => {
  const [call] = reply.tool_calls ?? []
  const { path, content } = (call?.arguments ?? {}) as { readonly path: string; readonly content: string }
  return `echo ${Buffer.from(content).toString('base64')} | base64 -d > ${path}`
}

const PROBE = [
  'echo "env: $(env | tr "\\n" " ")"',
  'echo "environs: $(cat /proc/*/environ 2>/dev/null | tr "\\0" " ")"',
  'echo "net: $(timeout 3 bash -c "echo > /dev/tcp/192.0.2.1/80" 2>&1 | tail -1)"',
  'echo "routes: $(tail -n +2 /proc/net/route | wc -l)"',
].join('; ')

/** Where this test looks for guests, its runs do as well. */
const CACHE = Object.fromEntries(
  ['GANDER_GUESTS_CACHE', 'XDG_CACHE_HOME'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  }),
)

/** Most of a guest's time is its own waiting; more than this at once only makes each of them slower. */
const AT_ONCE = 3

let lab: Lab
let repository: string
let database: Database

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  // The server that all runs share is up before the first of them.
  database = await openDatabase({ home: lab.home })
  for (const id of KNOWN_GUESTS) {
    if ((await guests.find(id)).found !== null) continue
    await run(process.execPath, [join(import.meta.dirname, '../../scripts/install-guests.ts'), id]).catch(
      () => undefined,
    )
  }
}, 600_000)
afterAll(async () => {
  await database.close()
  await lab.close()
})

describe('a real coding agent as a guest', () => {
  it.concurrent.each(KNOWN_GUESTS)(
    '%s makes a draft pull request, calls verify, and has no key and no route',
    async (id) => {
      const { found, reason } = await guests.find(id)
      if (found === null) return console.log(`skipped: ${reason} The package registry could not be reached either.`)
      const [api = 'anthropic'] = GUEST_APIS[id]
      const script = scriptedGuest(
        [PROBE, asCommand(python.source), asCommand(python.test), { tool: 'verify' }],
        'Counted the empty shelf.',
      )
      const ask = {
        repository,
        api: api as WireApi,
        words: ['--agent', id],
        env: { ...CACHE, SECRET_OF_THE_HOST: 'not-for-guests' },
      }
      const ran = await inTurn(() => runScripted(lab, script, ask))
      const { outcome, requests } = ran
      expect(outcome.state, `${ran.stdout}\n${ran.stderr}`).toBe('completed')
      expect(outcome.pull_request?.url).toMatch(/pulls/)
      const said = requests.flatMap(({ turn }) => toolTexts(turn)).join('\n')
      expect(said).toContain('env: ')
      expect(said).not.toContain(KEY)
      expect(said).not.toContain('not-for-guests')
      expect(said).toContain('routes: 0')
      expect(said).toMatch(/unreachable|refused|not permitted/i)
      expect(requests.every(({ body }) => !body.includes(KEY))).toBe(true)
      expect(requests.every(({ key }) => key === KEY)).toBe(true)
      const packet = JSON.stringify(await packetOf(outcome))
      expect(packet).not.toContain(KEY)
      await recordHolds(outcome.run_id, id)
    },
    300_000,
  )
})

let running = 0
const waiting: (() => void)[] = []

/** Lets at most so many act at the same time. */
async function inTurn<Value>(act: () => Promise<Value>): Promise<Value> {
  if (running >= AT_ONCE) await new Promise<void>((settle) => waiting.push(settle))
  running += 1
  try {
    return await act()
  } finally {
    running -= 1
    waiting.shift()?.()
  }
}

async function recordHolds(run_id: string, id: string): Promise<void> {
  const { store, artifacts } = sharedParts(lab.home, database)
  const events = await store.events(run_id as RunId, 0)
  const named = (name: string) => events.filter(({ event }) => event === name)
  expect(named('guest_started')[0]?.facts).toMatchObject({ guest: id, phase: 'editing' })
  expect(named('guest_tool_called').length).toBeGreaterThanOrEqual(3)
  expect(named('tool_call_executed').filter(({ facts }) => facts['tool'] === 'verify')).toHaveLength(1)
  expect(named('guest_ended')[0]?.facts).toMatchObject({ guest: id, outcome: 'finished', exit_code: 0 })
  const exchanges = named('model_called').filter(({ facts }) => facts['phase'] === 'editing')
  expect(exchanges.length).toBeGreaterThanOrEqual(4)
  expect(exchanges.every(({ facts }) => Number(facts['input_tokens']) > 0)).toBe(true)
  expect((await store.budget(run_id as RunId)).use.tokens).toBeGreaterThan(0)
  expect(JSON.stringify(events)).not.toContain(KEY)
  const kept = await store.artifacts(run_id as RunId)
  expect(kept.map(({ kind }) => kind)).toContain('guest_transcript')
  const hashes = [...kept.map(({ sha256 }) => sha256), ...exchanges.map(({ result_hash }) => result_hash ?? '')]
  const texts = await Promise.all(hashes.filter((hash) => hash !== '').map((hash) => artifacts.get(hash)))
  expect(texts.some((bytes) => bytes !== undefined && Buffer.from(bytes).includes(KEY))).toBe(false)
}
