import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLab, outcomeOf, type Lab } from '../support/lab/lab.ts'
import { call, finish, plan, play } from '../support/lab/play.ts'
import { KEY, modelWords, packetOf, runScripted } from '../support/lab/session.ts'
import { python } from '../support/lab/solutions.ts'
import { startScriptedModel } from '../support/scripted-model/index.ts'

const LINES = { planning: [plan('stocktake/count.py')], editing: [python.source, python.test, finish()] }

let lab: Lab
let repository: string

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
})
afterAll(() => lab.close())

describe('a budget that runs out', () => {
  it('of steps pauses the run with the figures, and goes on when a person adds to it, repeating no call', async () => {
    const model = await startScriptedModel(play(LINES))
    try {
      const words = [
        'run',
        '--repo',
        repository,
        '--issue',
        join(import.meta.dirname, '../../examples/python/issue.md'),
      ]
      const env = { SCRIPTED_API_KEY: KEY }
      const first = await lab.gander([...words, ...modelWords(model.url('anthropic')), '--max-steps', '4', '--json'], {
        env,
      })
      const paused = outcomeOf(first)
      expect(paused.state).toBe('paused')
      expect(first.code).toBe(3)
      const shown = await lab.gander(['show', paused.run_id])
      expect(shown.stdout).toMatch(/steps budget is used up: 4 of 4/)
      const asked = model.requests.length
      const second = await lab.gander(['continue', paused.run_id, '--add-steps', '20', '--json'], { env })
      expect(outcomeOf(second)).toMatchObject({ run_id: paused.run_id, state: 'completed' })
      expect(second.code).toBe(0)
      expect(model.requests.length).toBe(5)
      expect(asked).toBeLessThan(5)
    } finally {
      await model.close()
    }
  })

  it('of money is never passed, and pauses before the call that might', async () => {
    await writeFile(
      join(lab.home, 'prices.json'),
      JSON.stringify({ models: { scripted: { coder: { input: 3, output: 15, cached_input: 0.3 } } } }),
    )
    const usage = { input_tokens: 1_000, output_tokens: 100 }
    const editing = LINES.editing.map((reply) => ({ ...reply, usage }))
    const ran = await runScripted(
      lab,
      play({ planning: LINES.planning.map((reply) => ({ ...reply, usage })), editing }),
      {
        repository,
        words: ['--max-cost', '0.14'],
      },
    )
    expect(ran.outcome.state).toBe('paused')
    const use = ran.outcome['use'] as { cost_usd: number }
    expect(use.cost_usd).toBeGreaterThan(0)
    expect(use.cost_usd).toBeLessThanOrEqual(0.14)
  })

  it('of nothing lets nothing be spent: 0 means none', async () => {
    const { outcome, requests } = await runScripted(lab, play(LINES), { repository, words: ['--max-steps', '0'] })
    expect(outcome.state).toBe('paused')
    expect(requests).toHaveLength(0)
  })
})

describe('an agent that goes round in circles', () => {
  it('is nudged once and then stopped for a person', async () => {
    const again = call('file_read', { path: 'README.md' })
    const editing = Array.from({ length: 30 }, () => again)
    const { outcome } = await runScripted(lab, play({ ...LINES, editing }), { repository })
    expect(outcome.state).toBe('needs_human')
    expect((await packetOf(outcome)).evidence.outcome.diagnosis?.class).toBe('agent_stuck')
  })
})
