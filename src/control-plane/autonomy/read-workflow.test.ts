import { describe, expect, it } from 'vitest'
import { BUILT_IN_PROFILES } from '#domain/workflow'
import { readWorkflow } from './read-workflow.ts'

const problem = (text: string) => {
  const read = readWorkflow(text)
  return read.ok ? 'it was read' : read.refusal.message
}
const profile = (text: string, level: 1 | 2 | 3 | 4) => {
  const read = readWorkflow(text)
  if (!read.ok) throw new Error(read.refusal.message)
  return read.value.profile(level)
}

describe('workflow.yaml', () => {
  it('without a file is the built-in profile of the level that is asked for', () => {
    const read = readWorkflow(undefined)
    expect(read).toMatchObject({ ok: true, value: { level: null } })
    if (read.ok) expect(read.value.profile(2)).toBe(BUILT_IN_PROFILES[2])
  })

  it('is read as documents on autonomy write it', () => {
    const text = `autonomy: supervised
checkpoints:
  after_plan: { require: human_approval, timeout: 2h, on_timeout: continue }
phases:
  review: { disposition: warn }
`
    expect(readWorkflow(text)).toMatchObject({ ok: true, value: { level: 2 } })
    const { phases } = profile(text, 2)
    expect(phases.plan.checkpoint).toEqual({ timeout_minutes: 120, on_timeout: 'continue' })
    expect(phases.test.checkpoint).toEqual(BUILT_IN_PROFILES[2].phases.test.checkpoint)
    expect(phases.review.disposition).toBe('warn')
  })

  it('asks about the plan where its phase says so, at any level', () => {
    const asked = { timeout_minutes: 24 * 60, on_timeout: 'stop' }
    expect(profile('phases: { plan: ask }\n', 3).phases.plan).toEqual({ disposition: 'ask', checkpoint: asked })
    expect(profile('phases: { plan: { disposition: ask } }\n', 3).phases.plan.checkpoint).toEqual(asked)
    expect(profile('phases: { review: ask }\n', 3).phases.review.checkpoint).toBeNull()
    const timed = 'phases: { plan: ask }\ncheckpoints: { after_plan: { timeout: 1h } }\n'
    expect(profile(timed, 3).phases.plan.checkpoint?.timeout_minutes).toBe(60)
  })

  it('at level 4 holds gates to figures', () => {
    const text =
      'autonomy: ase\ncheckpoints: none\ngates: { test: { coverage_min: 80 }, deploy: { max_files_changed: 5 } }\n'
    expect(profile(text, 4).gates).toMatchObject({ coverage_min: 80, max_files_changed: 5, max_blockers: 0 })
  })

  it('takes no checkpoint of a level away from a run that chose that lower level', () => {
    expect(profile('autonomy: autonomous\ncheckpoints: none\n', 2).phases.plan.checkpoint).not.toBeNull()
  })

  it.each([
    ['phases: { test: { disposition: warn } }', 'phases.test.disposition cannot be warn'],
    ['phases: { build: { disposition: ask } }', 'phases.build.disposition cannot be ask'],
    ['phases: { deliver: { disposition: repair } }', 'phases.deliver.disposition cannot be repair'],
    ['autonomy: supervised\ncheckpoints: none', 'checkpoints cannot be none at level 2'],
    ['autonomy: assisted\ncheckpoints: { after_test: { on_timeout: continue } }', 'cannot be continue at level 1'],
    ['autonomy: ase\ngates: { deploy: { auto_merge: { enabled: true } } }', 'nothing is merged'],
    ['checkpoints: { after_plan: { timeout: soon } }', 'checkpoints.after_plan.timeout (line 1) must be a time'],
    ['checkpoints: { after_plan: { timeout: -1h } }', 'checkpoints.after_plan.timeout (line 1) must be a time'],
    ['checkpoints: { after_plan: { timeout: 0m } }', 'checkpoints.after_plan.timeout (line 1) must be a time'],
    ['checkpoints: { after_lunch: { timeout: 1h } }', 'after_lunch'],
    ['checkpoints: none\nphases: { plan: ask }', 'checkpoints cannot be none where phases.plan asks'],
    ['phases: { ponder: ask }', 'phases.ponder (line 1) is no known field'],
    ['phases: { plan: perhaps }', 'phases.plan'],
    ['phases: &a { plan: *a }', 'workflow.yaml'],
    ['autonomy: 9', 'autonomy (line 1) must be one of assisted'],
    ['gates: { test: { coverage_min: 101 } }', 'gates.test.coverage_min'],
    ['[]', 'workflow.yaml'],
    ['autonomy: full', 'autonomy (line 1) must be one of assisted'],
    ['autonomi: ase', 'autonomi (line 1) is no known field; did you mean autonomy?'],
  ])('refuses %j by field', (text, expected) => {
    expect(problem(text)).toContain(expected)
  })
})
