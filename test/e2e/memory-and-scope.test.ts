import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MemoryEntry } from '#domain/memory'
import type { PushLimits } from '#ports'
import { openLab, type Lab } from '../support/lab/lab.ts'
import { inOneProcess } from '../support/lab/one-process.ts'
import { call, finish, plan, play } from '../support/lab/play.ts'
import { python } from '../support/lab/solutions.ts'

let lab: Lab
let here: Awaited<ReturnType<typeof inOneProcess>>
let repository: string
/** What the forge says of its token. */
let limits: PushLimits | undefined

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  here = await inOneProcess(lab, { pushLimits: async () => limits })
})
afterAll(async () => {
  await here.close()
  await lab.close()
})

const planned = (target: string, ...words: readonly string[]) =>
  here.run(play({ planning: [plan(target)] }), ['--repo', repository, ...words])

const NAMING = `# Counts overwrite each other

\`read_counts\` in stocktake/count.py gives 5 for an article that is counted twice; it should give 17.

## Acceptance criteria

- Two lines for one article give the sum of both.
`

const diagnosisOf = async (run: string) => {
  const view = (await here.platform.list(20)).find((each) => each.run.id === run)
  return view !== undefined && 'diagnosis' in view.run ? view.run.diagnosis : undefined
}

/** Puts the right source in place by a command, as a generator would. */
const GENERATOR = `import json, pathlib
pathlib.Path("stocktake/count.py").write_text(json.loads(${JSON.stringify(JSON.stringify(python.source))})["tool_calls"][0]["arguments"]["content"])
`

/** A change that fails at first and is cured by one command. */
const CURED = play({
  planning: [plan('stocktake/count.py')],
  editing: [
    python.half,
    python.test,
    call('file_write', { path: 'tools/generate.py', content: GENERATOR }),
    finish(),
    call('shell_exec', { argv: ['python3', 'tools/generate.py'] }),
    finish(),
  ],
})

describe('memory', () => {
  let first: Awaited<ReturnType<typeof planned>>
  let waiting: readonly MemoryEntry[]
  beforeAll(async () => {
    first = await here.run(CURED, ['--repo', repository, '--mode', 'dry_run_patch'])
    waiting = JSON.parse((await here.gander(['memory', 'list', '--json'])).stdout) as readonly MemoryEntry[]
  })

  it('is proposed by a run from what failed on its change and passed after one command, as little trusted as a tool', () => {
    expect(waiting.find(({ kind }) => kind === 'pitfall')).toMatchObject({
      state: 'proposed',
      trust: 'tool_output',
      source: { run_id: first.outcome.run_id },
      text: expect.stringMatching(/^A change failed `.*`.* passed after `python3 tools\/generate.py` was run\.$/),
    })
  })

  it('is proposed from what passed on the base commit, and shown to a later run only after a person let it in', async () => {
    expect(first.outcome.state).toBe('completed')
    const hint = waiting.find(({ kind }) => kind === 'build_hint')
    expect(hint).toMatchObject({ state: 'proposed', trust: 'merged', flags: [] })
    expect(JSON.stringify(first.requests)).not.toContain('Remembered from earlier runs')
    const { code } = await here.gander(['memory', 'approve', hint?.id ?? ''])
    expect(code).toBe(0)
    const second = await planned('README.md', '--mode', 'dry_run_patch', '--level', '1', '--allow', 'README.md')
    expect(second.outcome.state).toBe('awaiting_approval')
    const [told] = second.requests.map(({ body }) => JSON.stringify(body))
    expect(told).toContain('Remembered from earlier runs')
    expect(told).not.toContain('tools/generate.py')
    expect(told).toContain(JSON.stringify(hint?.text).slice(1, -1))
    // What the ranker thinks lies outside is a warning: the run goes on, and its agent is told.
    expect(told).toContain('lie outside what the task may change')
    const kept = await here.gander(['artifacts', second.outcome.run_id, 'plan_record'])
    expect(JSON.parse(kept.stdout)).toMatchObject({
      likely_files: expect.arrayContaining([expect.objectContaining({ path: 'stocktake/count.py' })]),
      foreseen: [{ rule: 'likely_outside_scope', severity: 'warning' }],
      verification: { focused: expect.stringContaining('tests/test_count.py') },
    })
    // The person who is asked whether to go on sees the plan.
    const page = (await here.gander(['show', second.outcome.run_id])).stdout
    for (const shown of ['Plan', 'patch the cause: README.md', 'likely', 'stocktake/count.py', 'rollback', '! '])
      expect(page).toContain(shown)
  })
})

describe('before a model is asked', () => {
  it('a scope that no file of the repository lies in ends a fix, with what to correct', async () => {
    const { outcome, requests } = await planned('stocktake/count.py', '--allow', 'source/**')
    expect({ state: outcome.state, requests: requests.length }).toEqual({ state: 'needs_human', requests: 0 })
    expect(await diagnosisOf(outcome.run_id)).toMatchObject({
      class: 'scope_unfit',
      what: expect.stringContaining('source/**'),
    })
  })

  it('a request for the very file that the forge’s token may not push ends, and says what the forge said', async () => {
    limits = { unpushable: ['stocktake/**'], because: 'the token lacks a scope' }
    const script = play({ planning: [plan('stocktake/count.py')] })
    const { outcome, requests } = await here.run(script, ['--repo', repository, '--mode', 'draft_pr'], NAMING)
    limits = undefined
    expect({ state: outcome.state, requests: requests.length }).toEqual({ state: 'needs_human', requests: 0 })
    expect(await diagnosisOf(outcome.run_id)).toMatchObject({
      class: 'scope_unfit',
      what: expect.stringContaining('the token lacks a scope'),
    })
  })
})
