import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContextManifest, RequestAccount } from '#domain/context'
import { git, openLab, type Lab } from '../support/lab/lab.ts'
import { accept, call, finish, plan, play, reject, type Play } from '../support/lab/play.ts'
import { python } from '../support/lab/solutions.ts'
import { openResidentLab } from '../support/lab/resident-lab.ts'
import { KEY, packetOf, runScripted } from '../support/lab/session.ts'
import type { WireApi } from '../support/scripted-model/index.ts'

const SOLUTION = [python.source, python.test, finish()]

/** Where every run is a process of its own. */
let processes: Lab
/** Where runs share the process of this test. */
let lab: Lab
let repository: string

beforeAll(async () => {
  processes = await openLab()
  lab = await openResidentLab(processes)
  repository = await lab.repository('python')
})
afterAll(() => lab.close())

interface ContextShown {
  readonly manifest: ContextManifest
  readonly requests: readonly { readonly account: RequestAccount | null }[]
}

const run = (lines: Play, ask: { words?: readonly string[]; api?: WireApi; repo?: string; lab?: Lab } = {}) => {
  const { words = [], api = 'anthropic', repo = repository } = ask
  return runScripted(ask.lab ?? lab, play({ planning: [plan('stocktake/count.py')], ...lines }), {
    repository: repo,
    api,
    words,
  })
}

describe('a valid change', () => {
  it.each<WireApi>(['anthropic', 'openai-chat', 'openai-responses', 'google'])(
    'becomes a draft pull request over %s',
    async (api) => {
      const { code, outcome, requests } = await run(
        { editing: SOLUTION },
        { api, lab: api === 'anthropic' ? processes : lab },
      )
      expect(outcome.state).toBe('completed')
      expect(code).toBe(0)
      expect(outcome.pull_request?.url).toMatch(/pulls/)
      expect(outcome.tree).toMatch(/^[0-9a-f]{40}$/)
      expect(requests).toHaveLength(5)
      const packet = await packetOf(outcome)
      expect(Object.values(packet.answers).every((lines) => Array.isArray(lines) && lines.length > 0)).toBe(true)
      expect(packet.evidence.verification.delta?.added).toHaveLength(2)
      expect(Object.keys(packet.evidence.versions)).toHaveLength(12)
      expect(JSON.stringify(packet)).not.toContain(KEY)
    },
  )

  it('leaves the user’s own checkout as it was', async () => {
    expect(await git(repository, 'status', '--porcelain')).toBe('')
    expect(await git(repository, 'branch', '--list')).toBe('* main')
  })

  it('as a local branch lands in the repository without touching its checkout', async () => {
    const repo = await lab.repository('python', 'branching')
    const { outcome } = await run({ editing: SOLUTION }, { words: ['--mode', 'local_branch'], repo })
    expect(outcome.state).toBe('completed')
    const branches = (await git(repo, 'branch', '--list', 'gander/*', '--format=%(refname:short)')).split('\n')
    expect(branches).toHaveLength(1)
    expect(await git(repo, 'rev-parse', `${branches[0]}^{tree}`)).toBe(outcome.tree)
    expect(await git(repo, 'status', '--porcelain')).toBe('')
  })

  it('as a dry run leaves a packet and nothing else, with the mutants that an altered test was tried with', async () => {
    const editing = [python.source, python.altered_test, finish()]
    const { outcome } = await run({ editing }, { words: ['--mode', 'dry_run_patch'] })
    expect(outcome).toMatchObject({ state: 'completed', pull_request: null })
    const { change, strength } = (await packetOf(outcome)).evidence
    expect(change.stat.files).toBe(2)
    expect(strength?.base_tests.ran).toBe(true)
    expect(strength?.mutants.length).toBeGreaterThan(0)
  })

  it('is only planned in analysis_only, and gander context shows what its model was told', async () => {
    const { outcome, requests } = await run({}, { words: ['--mode', 'analysis_only'] })
    expect(outcome).toMatchObject({ state: 'completed', pull_request: null })
    expect((await packetOf(outcome)).evidence.plan?.steps).toHaveLength(2)
    const shown = JSON.parse((await lab.gander(['context', outcome.run_id, '--json'])).stdout) as ContextShown
    const slices = shown.manifest.items.filter(({ type }) => type === 'source_file_slice')
    expect(slices.map(({ path }) => path)).toContain('stocktake/count.py')
    for (const { path, line_range } of slices)
      expect(requests[0]?.body).toContain(`source=\\"${path} lines ${line_range}\\"`)
    expect(shown.requests).toHaveLength(requests.length)
    expect(shown.requests[0]?.account?.total_tokens).toBeGreaterThan(shown.manifest.token_count)
  })
})

describe('a change that does not pass', () => {
  it('is repaired and then published', async () => {
    const { outcome } = await run({ editing: [python.half, python.test, finish(), python.source, finish()] })
    expect(outcome.state).toBe('completed')
  })

  it('and is not repairable waits for a person with its work kept', async () => {
    const { code, outcome } = await run({ editing: [python.half, python.test, finish(), finish(), finish(), finish()] })
    expect(outcome.state).toBe('needs_human')
    expect(code).toBe(3)
    const packet = await packetOf(outcome)
    expect(packet.evidence.outcome.diagnosis?.class).toBe('not_repaired')
    expect(packet.evidence.change.stat.files).toBe(2)
    const diff = await lab.gander(['diff', outcome.run_id])
    expect(diff.stdout).toContain('stocktake/count.py')
  })

  it('for the judge is sent back once and then given to a person', async () => {
    const { outcome } = await run({ editing: [...SOLUTION, finish()], judging: [reject] })
    expect(outcome.state).toBe('needs_human')
  })

  it('for the judge once and mended is published', async () => {
    const { outcome } = await run({ editing: [...SOLUTION, finish()], judging: [reject, accept] })
    expect(outcome.state).toBe('completed')
  })
})

describe('a model that cheats', () => {
  it('and deletes a failing test is stopped, whatever verification says', async () => {
    const empty = call('shell_exec', { argv: ['rm', 'tests/test_count.py'] })
    const { code, outcome } = await run({ editing: [python.source, empty, finish()] })
    expect(outcome.state).toBe('blocked_policy')
    expect(code).toBe(4)
  })

  it('and writes a workflow by a shell command is stopped at the gate', async () => {
    const write = call('shell_exec', {
      argv: ['sh', '-c', 'mkdir -p .github/workflows && echo on: push > .github/workflows/x.yml'],
    })
    const { outcome } = await run({ editing: [...SOLUTION.slice(0, 2), write, finish()] })
    expect(outcome.state).toBe('blocked_policy')
  })

  it('and uses a tool of another phase is told what is open', async () => {
    const early = call('file_write', { path: 'stocktake/count.py', content: '' })
    const { outcome, requests } = await run({ planning: [early, plan('stocktake/count.py')], editing: SOLUTION })
    expect(outcome.state).toBe('completed')
    expect(JSON.stringify(requests[1]?.turn.messages)).toMatch(/submit_plan/)
  })
})
