import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { missingFields } from '#domain/event'
import { TOOL_NAMES } from '#domain/tool'
import { createToolGateway } from '#execution-plane/tool-gateway'
import type { PolicyDecision, PolicyQuestion } from '#ports'
import { FILES, identifiers, openDesk, type ToolDesk } from './tool-desk.ts'

let desk: ToolDesk
beforeEach(async () => {
  desk = await openDesk(FILES, { scope: { forbidden_paths: ['deep/**'] } })
})
afterEach(() => desk.close())

const events = () => desk.steps.at(-1)?.outcome.events?.map(({ event }) => event) ?? []
const record = () => desk.steps.at(-1)?.outcome

describe('what is not data for a tool', () => {
  it.each([null, 'path', '{"path": "src/app.ts"}', 7, true, ['src/app.ts']])(
    'arguments %j are an error answer',
    async (args) => {
      const { answer } = await desk.call('file_read', args)
      expect(answer.is_error).toBe(true)
      expect(answer.text).toContain('must be a JSON object')
      expect(record()?.tool_call).toMatchObject({ status: 'error', rule: 'arguments.invalid' })
    },
  )

  it('an optional argument that is null is absent', async () => {
    expect(
      (await desk.call('file_read', { path: 'src/app.ts', start_line: null, end_line: null })).answer.is_error,
    ).toBe(false)
  })

  it('arguments nested without end are an error answer', async () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    expect((await desk.call('file_read', { path: deep })).answer).toMatchObject({ is_error: true })
  })

  it('unknown tools and tools of another phase are refused with what is open', async () => {
    const unknown = await desk.call('git push; rm', {})
    expect(unknown.answer.text).toContain('Open now: file_read')
    expect(record()?.tool_call).toMatchObject({ tool: 'git_push__rm', status: 'refused', rule: 'tool.unknown' })
    const early = await desk.call('file_write', { path: 'src/x', content: 'x' }, 'planning')
    expect(early.answer.text).toContain('Editing starts when submit_plan is accepted')
    expect(await desk.inTree('src/x')).toBeUndefined()
    expect((await desk.call('submit_plan', {}, 'editing')).answer.is_error).toBe(true)
  })

  it('no text of any answer has control characters in it', async () => {
    const { answer } = await desk.call('finish', { summary: 'a\u0000b\u001b[31m\ud800' })
    expect(answer.is_error).toBe(false)
    const { control } = await desk.call('finish', { summary: 'a\u0000b\u001b[31m\ud800' })
    expect(control).toEqual({ kind: 'finish', summary: 'a\ufffdb\ufffd[31m\ufffd' })
  })
})

describe('the turn', () => {
  const plan = {
    objective: 'add returns the sum of its arguments',
    assumptions: [],
    constraints: [],
    steps: [{ id: '1', action: 'Correct the operator', target: 'src/app.ts', expected_evidence: 'the test passes' }],
    verification: ['npm test'],
    forbidden: ['package.json'],
    risk: 'low',
  }

  it('a good plan is accepted, kept as an artifact and named by its hash', async () => {
    const { control, answer } = await desk.call('submit_plan', plan, 'planning')
    expect(answer.is_error).toBe(false)
    expect(control).toMatchObject({ kind: 'plan_accepted', plan })
    const sha = control?.kind === 'plan_accepted' ? control.plan_sha256 : ''
    expect(JSON.parse(await desk.artifact(sha))).toEqual(plan)
    expect(events()).toContain('plan_created')
  })

  it('a poor plan goes back with its reasons, also one that targets a protected file', async () => {
    const poor = { ...plan, verification: [], steps: [{ ...plan.steps[0], target: '.github/workflows/ci.yml' }] }
    const { control, answer } = await desk.call('submit_plan', poor, 'planning')
    expect(control).toBeNull()
    expect(answer.text).toContain('Name the command or check')
    expect(answer.text).toContain('.github/workflows/ci.yml is protected')
    expect(events()).toContain('plan_returned')
    const looking = {
      ...plan,
      steps: [...plan.steps, { ...plan.steps[0], id: '2', action: 'Read', target: 'package.json' }],
    }
    expect((await desk.call('submit_plan', looking, 'planning')).control).toMatchObject({ kind: 'plan_accepted' })
  })

  it('verify, finish and report_blocked hand over to the run', async () => {
    expect((await desk.call('verify', {})).answer.text).toBe('passed: 3 tests')
    expect((await desk.call('finish', { summary: 'done' })).control).toEqual({ kind: 'finish', summary: 'done' })
    expect((await desk.call('report_blocked', { reason: 'r', needs: 'n' })).control).toEqual({
      kind: 'blocked',
      reason: 'r',
      needs: 'n',
    })
  })

  it('git_status and git_diff show the change against the base', async () => {
    expect((await desk.call('git_status', {})).answer.text).toContain('Nothing is changed')
    await desk.call('file_edit', { path: 'src/app.ts', old_text: 'a - b', new_text: 'a + b' })
    expect((await desk.call('git_status', {})).answer.text).toBe(
      '1 file changed against the base commit, +1 -1:\nM src/app.ts +1 -1',
    )
    expect((await desk.call('git_diff', {})).answer.text).toContain('+  return a + b')
  })
})

describe('the record', () => {
  it('every event of every kind of call has the fields it owes', async () => {
    await desk.call('file_write', { path: 'src/x', content: 'x' })
    await desk.call('shell_exec', {
      argv: ['sh', '-c', 'echo ghp_abcdefghijklmnopqrstuvwxyz0123456789 > src/y; cat src/y'],
    })
    await desk.call('file_write', { path: '.git/x', content: 'x' })
    await desk.call('nothing', null)
    for (const { outcome } of desk.steps)
      for (const draft of outcome.events ?? []) expect(missingFields(draft)).toEqual([])
  })

  it('a registered secret is cut out of answer, artifact and record, and opens an incident', async () => {
    const secret = 'correct-horse-battery-staple-41'
    desk.dependencies.redactor.register('TOKEN', secret)
    const { answer } = await desk.call('shell_exec', {
      argv: ['sh', '-c', `printf '%s' 'correct-horse-'; echo battery-staple-41; seq 1 9999; echo ${btoa(secret)}`],
    })
    expect(answer.text).toContain('[redacted:registered]')
    expect(events()).toContain('incident_opened')
    const named = await desk.call('shell_exec', { argv: ['sh', '-c', `touch src/${secret}`] })
    const [kept] = desk.steps[0]?.outcome.artifacts ?? []
    const everything = JSON.stringify(desk.steps) + named.answer.text + (await desk.artifact(kept?.sha256 ?? ''))
    expect(everything).not.toContain(secret)
    expect(everything).not.toContain(btoa(secret))
  })

  it('a call that is on record is answered from it and done once', async () => {
    const request = { id: 'c', name: 'shell_exec', arguments: { argv: ['sh', '-c', 'echo x >> src/log'] } }
    const first = await desk.tools.call(request, { phase: 'editing', key: 'same' })
    const second = await desk.tools.call(request, { phase: 'editing', key: 'same' })
    expect(second).toEqual(first)
    expect(await desk.inTree('src/log')).toBe('x\n')
  })
})

describe('the binding of decisions', () => {
  const rebound = (decide: (decision: PolicyDecision) => PolicyDecision) => {
    const { policy } = desk.dependencies
    const dependencies = {
      ...desk.dependencies,
      policy: { version: policy.version, decide: (question: PolicyQuestion) => decide(policy.decide(question)) },
    }
    return createToolGateway(dependencies).bind(desk.host)
  }
  const write = { id: 'c', name: 'file_write', arguments: { path: 'src/bound', content: 'x' } }
  const at = { phase: 'editing', key: 'tool:0:0:0' } as const

  it('an allow for other arguments does not open this call', async () => {
    const { answer } = await rebound((decision) => ({ ...decision, args_hash: 'b'.repeat(64) })).call(write, at)
    expect(answer.is_error).toBe(true)
    expect(record()?.tool_call).toMatchObject({ status: 'refused', rule: 'policy.unbound' })
    expect(await desk.inTree('src/bound')).toBeUndefined()
  })

  it('an allow for another run does not open this call', async () => {
    const other = identifiers.make('run')
    await rebound((decision) => ({ ...decision, run_id: other })).call(write, at)
    expect(await desk.inTree('src/bound')).toBeUndefined()
  })

  it('a policy that breaks has allowed nothing', async () => {
    const tools = rebound(() => {
      throw new Error('bundle unreadable')
    })
    const { answer } = await tools.call(write, at)
    expect(answer.text).toContain('Policy could not decide this')
    expect(await desk.inTree('src/bound')).toBeUndefined()
  })

  it('the same call with its own decision is done', async () => {
    const { answer } = await rebound((decision) => decision).call(write, at)
    expect(answer.is_error).toBe(false)
    expect(await desk.inTree('src/bound')).toBe('x')
  })
})

describe('the rate', () => {
  it('a model gets a bounded number of calls in one turn, and more in the next', async () => {
    const call = (turn: number, index: number) =>
      desk.tools.call(
        { id: 'c', name: 'git_status', arguments: {} },
        { phase: 'editing', key: `tool:0:${turn}:${index}` },
      )
    for (let index = 0; index < 64; index++) expect((await call(0, index)).answer.is_error).toBe(false)
    expect((await call(0, 64)).answer.text).toContain('More than 64 calls in one answer')
    expect((await call(1, 0)).answer.is_error).toBe(false)
  })

  it('a transform writes as many files as its rule finds', async () => {
    const transform = await openDesk(
      { a: 'x\n' },
      { agent: { kind: 'transform', rule: { kind: 'command', argv: ['x'] } } },
    )
    try {
      for (let index = 0; index < 80; index++) {
        const at = { phase: 'editing', key: `tool:0:0:${index}` } as const
        const { answer } = await transform.tools.call({ id: 'c', name: 'git_status', arguments: {} }, at)
        expect(answer.is_error).toBe(false)
      }
    } finally {
      await transform.close()
    }
  })
})

describe('the declarations', () => {
  it('fit into 3.5 kB for all tools together, and are the same in every call', () => {
    const all = (['planning', 'editing', 'repairing'] as const).flatMap((phase) => desk.tools.declarations(phase))
    const distinct = [...new Map(all.map((declaration) => [declaration.name, declaration])).values()]
    expect(distinct.map(({ name }) => name).toSorted()).toEqual([...TOOL_NAMES].toSorted())
    expect(JSON.stringify(distinct).length).toBeLessThanOrEqual(3500)
    expect(desk.tools.declarations('editing')).toEqual(desk.tools.declarations('editing'))
  })

  it('are JSON Schemas of objects that say which arguments are required', () => {
    const write = desk.tools.declarations('editing').find(({ name }) => name === 'file_write')
    expect(write?.input_schema).toEqual({
      type: 'object',
      properties: { path: { type: 'string' }, content: { type: 'string' }, expected_sha256: { type: 'string' } },
      required: ['path', 'content'],
    })
  })
})
