import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuests } from '#adapters/guests'
import { GUEST_APIS, KNOWN_GUESTS } from '#domain/task'
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
  const { path, content } = call?.arguments as { readonly path: string; readonly content: string }
  return `echo ${Buffer.from(content).toString('base64')} | base64 -d > ${path}`
}

const PROBE = [
  'echo "env: $(env | tr "\\n" " ")"',
  'echo "environs: $(cat /proc/*/environ 2>/dev/null | tr "\\0" " ")"',
  'echo "net: $(timeout 3 bash -c "echo > /dev/tcp/192.0.2.1/80" 2>&1 | tail -1)"',
  'echo "routes: $(tail -n +2 /proc/net/route | wc -l)"',
].join('; ')

let lab: Lab
let repository: string

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  for (const id of KNOWN_GUESTS) {
    if ((await guests.find(id)).found !== null) continue
    await run(process.execPath, [join(import.meta.dirname, '../../scripts/install-guests.ts'), id]).catch(
      () => undefined,
    )
  }
}, 600_000)
afterAll(() => lab.close())

describe('a real coding agent as a guest', () => {
  it.each(KNOWN_GUESTS)('%s makes a draft pull request without a key and without a route', async (id) => {
    const { found, reason } = await guests.find(id)
    if (found === null) return console.log(`skipped: ${reason} The package registry could not be reached either.`)
    const [api = 'anthropic'] = GUEST_APIS[id]
    const script = scriptedGuest([PROBE, asCommand(python.source), asCommand(python.test)], 'Counted the empty shelf.')
    const ran = await runScripted(lab, script, { repository, api: api as WireApi, words: ['--agent', id] })
    const { outcome, requests } = ran
    expect(outcome.state, `${ran.stdout}\n${ran.stderr}`).toBe('completed')
    expect(outcome.pull_request?.url).toMatch(/pulls/)
    const said = requests.flatMap(({ turn }) => toolTexts(turn)).join('\n')
    expect(said).toContain('env: ')
    expect(said).not.toContain(KEY)
    expect(said).toContain('routes: 0')
    expect(said).toMatch(/unreachable|refused|not permitted/i)
    expect(requests.every(({ body }) => !body.includes(KEY))).toBe(true)
    expect(requests.every(({ key }) => key === KEY)).toBe(true)
    const packet = JSON.stringify(await packetOf(outcome))
    expect(packet).not.toContain(KEY)
    await recordHolds(outcome.run_id, id)
  })
})

async function recordHolds(run_id: string, id: string): Promise<void> {
  const { stdout } = await lab.gander(['show', run_id, '--json'])
  expect(stdout).not.toContain(KEY)
  const artifacts = await lab.gander(['artifacts', run_id, '--json'])
  expect(artifacts.stdout, id).toContain('guest_transcript')
}
