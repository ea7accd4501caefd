import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase, type Database } from '#adapters/postgres'
import type { RunId } from '#domain/ids'
import { sharedParts } from '../../src/main/shared-parts.ts'
import { AS_COMMAND, BY_PROTOCOL, GUEST_PROGRAMS_FOLDER, lightGuest, writing } from '../support/guests/light-guest.ts'
import { finished, openLab, outcomeOf, until, type Lab } from '../support/lab/lab.ts'
import { KEY, modelWords } from '../support/lab/session.ts'
import { python } from '../support/lab/solutions.ts'
import { startScriptedModel, type Script, type ScriptedModel } from '../support/scripted-model/index.ts'

const ISSUE = join(import.meta.dirname, '../../examples/python/issue.md')
const env = { SCRIPTED_API_KEY: KEY, GANDER_AGENTS_PATH: GUEST_PROGRAMS_FOLDER }

const contentOf = ({ tool_calls = [] }: typeof python.source): string => {
  const [{ arguments: given } = { arguments: {} }] = tool_calls
  return (given as { readonly content: string }).content
}
const SOURCE = writing('stocktake/count.py', contentOf(python.source))
const TEST = writing('tests/test_count.py', contentOf(python.test))
/** At a dollar for ten thousand tokens an exchange of the light guest costs a twentieth of a dollar. */
const PRICES = { models: { scripted: { coder: { input: 100, output: 100, cached_input: 100 } } } }
const usage = { input_tokens: 300, output_tokens: 200 }

let lab: Lab
let repository: string
let database: Database

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  await mkdir(lab.home, { recursive: true })
  await writeFile(join(lab.home, 'prices.json'), JSON.stringify(PRICES))
  database = await openDatabase({ home: lab.home })
})
afterAll(async () => {
  await database.close()
  await lab.close()
})

const words = (model: ScriptedModel, agent: readonly string[], more: readonly string[] = []) => [
  'run',
  '--repo',
  repository,
  '--issue',
  ISSUE,
  ...modelWords(model.url('anthropic')),
  '--json',
  ...more,
  ...agent,
]

async function withModel<Result>(script: Script, act: (model: ScriptedModel) => Promise<Result>): Promise<Result> {
  const model = await startScriptedModel(script)
  try {
    return await act(model)
  } finally {
    await model.close()
  }
}

const eventsOf = (run: string) => sharedParts(lab.home, database).store.events(run as RunId, 0)

/** Processes of the whole machine with this text in their command line. */
async function processesWith(text: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(text)) found.push(command.replaceAll('\0', ' '))
  }
  return found
}

async function pullRequestsOf(run: string): Promise<number> {
  const files = await readdir(join(lab.home, 'forge'), { recursive: true })
  const texts = files
    .filter((file) => file.endsWith('.json'))
    .map((file) => readFile(join(lab.home, 'forge', file), 'utf8'))
  return (await Promise.all(texts)).filter((text) => text.includes(`:${run}:`)).length
}

describe('a run whose guest works', { timeout: 240_000 }, () => {
  it('and whose worker is killed leaves no process of the guest, and is resumed to one pull request', async () => {
    const mark = '61.70351'
    const sleeping = `sleep ${mark}`
    const script = lightGuest([SOURCE, `$ setsid ${sleeping} & ${sleeping}`], [SOURCE, TEST, 'Counted it.'])
    await withModel(script, async (model) => {
      const child = lab.start(words(model, AS_COMMAND), env)
      const end = finished(child)
      await until(async () => (await processesWith(mark)).length >= 2, 120_000, 200)
      child.kill('SIGKILL')
      const { stdout, stderr } = await end
      await until(async () => (await processesWith(mark)).length === 0, 60_000, 200)
      expect(await processesWith('light-guest')).toEqual([])

      const run = /run_\w+/.exec(`${stdout}${stderr}`)?.[0] ?? ''
      const resumed = outcomeOf(await lab.gander(['continue', run, '--json'], { env }))
      expect(resumed).toMatchObject({ run_id: run, state: 'completed' })
      expect(await pullRequestsOf(run)).toBe(1)
      const events = await eventsOf(run)
      expect(events.filter(({ event }) => event === 'guest_started')).toHaveLength(2)
      expect(events.filter(({ event }) => event === 'guest_ended')).toHaveLength(1)
    })
  })

  it('and whose money is used up in the middle of a turn waits with its tree, and goes on from there with more', async () => {
    const priced = (text: string) => ({ text, usage })
    const script = lightGuest(
      [priced(SOURCE), ...Array.from({ length: 20 }, () => priced('$ true'))],
      [priced(TEST), priced('Counted it.')],
    )
    await withModel(script, async (model) => {
      const first = await lab.gander(words(model, AS_COMMAND, ['--max-cost', '0.6']), { env })
      const paused = outcomeOf(first)
      expect(paused, first.stderr).toMatchObject({ state: 'paused', pause: { reason: 'budget_cost' } })
      const spent = (paused['use'] as { readonly cost_usd: number }).cost_usd
      expect(spent).toBeGreaterThan(0)
      expect(spent).toBeLessThanOrEqual(0.6)
      const kept = (await lab.gander(['diff', paused.run_id])).stdout
      expect(kept).toContain('stocktake/count.py')
      expect(kept).not.toContain('tests/test_count.py')
      const asked = model.requests.length

      const second = await lab.gander(['continue', paused.run_id, '--add-cost', '100', '--json'], { env })
      const outcome = outcomeOf(second)
      expect(outcome, second.stderr).toMatchObject({ run_id: paused.run_id, state: 'completed' })
      expect(outcome['change']).toMatchObject({ files: 2 })
      expect(model.requests.length).toBeGreaterThan(asked)
    })
  })

  it('and fills its disk ends with a change that no gate lets through', async () => {
    const profile = join(lab.root, 'small.yaml')
    await writeFile(profile, 'id: small\nresources: {upper: 64MiB}\n')
    const script = lightGuest(['$ head -c 10G /dev/zero > big.bin', 'Wrote a file.'])
    await withModel(script, async (model) => {
      const ran = await lab.gander(words(model, AS_COMMAND, ['--sandbox-profile', profile]), { env })
      const outcome = outcomeOf(ran)
      expect(['blocked_policy', 'needs_human'], ran.stderr).toContain(outcome.state)
      expect(outcome.pull_request).toBeNull()
    })
  })
})

describe('a guest that asks leave for a protected file', { timeout: 240_000 }, () => {
  const ASKS = [SOURCE, TEST, 'write setup.cfg [metadata]', 'Counted it.']

  it('waits for a person, and after a yes goes on to its pull request', async () => {
    await withModel(lightGuest(ASKS, ['write setup.cfg [metadata]', 'Counted it.']), async (model) => {
      const first = await lab.gander(words(model, BY_PROTOCOL), { env })
      const waiting = outcomeOf(first)
      expect(waiting, first.stderr).toMatchObject({
        state: 'awaiting_approval',
        approval: { action: 'file.write', subject: ['setup.cfg'], decision: null },
      })
      const approved = await lab.gander(['approve', waiting.run_id, '--by', 'ada', '--json'], { env })
      const outcome = outcomeOf(approved)
      expect(outcome, approved.stderr).toMatchObject({ state: 'completed' })
      expect(outcome['change']).toMatchObject({ files: 3 })
    })
  })

  it('ends with its own class after a no, its work kept', async () => {
    await withModel(lightGuest(ASKS), async (model) => {
      const waiting = outcomeOf(await lab.gander(words(model, BY_PROTOCOL), { env }))
      expect((await lab.gander(['reject', waiting.run_id, '--reason', 'no'])).code).toBe(0)
      const shown = outcomeOf(await lab.gander(['show', waiting.run_id, '--json']))
      expect(shown).toMatchObject({ state: 'blocked_policy', diagnosis: { class: 'approval_denied', why: 'no' } })
      expect((await lab.gander(['diff', waiting.run_id])).stdout).toContain('stocktake/count.py')
    })
  })
})
