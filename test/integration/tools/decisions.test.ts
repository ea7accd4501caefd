import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createToolGateway } from '#execution-plane/tool-gateway'
import type { PolicyDecision, PolicyQuestion } from '#ports'
import { FILES, openDesk, type ToolDesk } from './tool-desk.ts'

type Decide = (decision: PolicyDecision) => PolicyDecision

let desk: ToolDesk
beforeEach(async () => {
  desk = await openDesk(FILES)
})
afterEach(() => desk.close())

const record = () => desk.steps.at(-1)?.outcome

describe('a decision of policy', () => {
  const write = { id: 'c', name: 'file_write', arguments: { path: 'src/new', content: 'x' } }
  const at = { phase: 'editing', key: 'tool:0:0:0' } as const

  /** Tools under a policy that is asked through `decide`, with what was asked of it and done by it in order. */
  const under = (decide: Decide, seen: string[] = [], journal = desk.host.journal) => {
    const { policy, files } = desk.dependencies
    const watched: typeof files = (tree) => {
      const real = files(tree)
      return {
        ...real,
        write: async (...args) => {
          seen.push(`act ${desk.intents.get(at.key)?.answer ?? 'unrecorded'}`)
          return real.write(...args)
        },
      }
    }
    const decided = (question: PolicyQuestion) => {
      if (question.action === 'file.write')
        seen.push(desk.intents.has(at.key) ? 'asked after the intent' : 'asked before the intent')
      return decide(policy.decide(question))
    }
    const dependencies = { ...desk.dependencies, files: watched, policy: { version: policy.version, decide: decided } }
    return createToolGateway(dependencies).bind({ ...desk.host, journal })
  }
  const asIs: Decide = (decision) => decision
  const denied: Decide = (decision) => ({
    ...decision,
    answer: 'deny',
    matched_rules: [{ policy: 'platform', rule: 'today.closed', effect: 'deny' }],
  })

  /** Leaves the intent of the call open, as a crash before its act is over does. */
  const breakOff = async (decide = asIs, request = write) => {
    const broken = new Error('killed')
    const { journal } = desk.host
    const killed: typeof journal = {
      ...journal,
      perform: (intent) => journal.perform(intent, () => Promise.reject(broken)),
    }
    await expect(under(decide, [], killed).call(request, at)).rejects.toBe(broken)
    return desk.intents.get(at.key)
  }

  it('is on record when the act runs, made before the intent, and not recorded again with the outcome', async () => {
    const seen: string[] = []
    expect((await under(asIs, seen).call(write, at)).answer.is_error).toBe(false)
    expect(seen).toEqual(['asked before the intent', 'act allow'])
    const [step] = desk.steps
    expect(step?.decision).toMatchObject({ answer: 'allow', args_hash: step?.outcome.tool_call?.args_sha256 })
    expect(step?.outcome.decision).toBeUndefined()
  })

  it('that denies is on record too, and nothing is done', async () => {
    const seen: string[] = []
    await under(denied, seen).call(write, at)
    expect(seen).toEqual(['asked before the intent'])
    expect(desk.steps[0]?.decision).toMatchObject({ answer: 'deny' })
    expect(record()?.tool_call).toMatchObject({ status: 'refused', rule: 'today.closed' })
  })

  it('is not asked for again when the call is answered from the record', async () => {
    const seen: string[] = []
    const tools = under(asIs, seen)
    await tools.call(write, at)
    await tools.call(write, at)
    expect(seen).toEqual(['asked before the intent', 'act allow'])
  })

  it('made before a crash stands: the call is done under it', async () => {
    const earlier = await breakOff()
    expect((await under(asIs).call(write, at)).answer.is_error).toBe(false)
    expect(desk.steps[0]?.decision).toEqual(earlier)
    const authorized = record()?.events?.find(({ event }) => event === 'tool_call_authorized')
    expect(authorized?.facts).toMatchObject({ policy_decision_id: earlier?.decision_id })
    expect(await desk.inTree('src/new')).toBe('x')
  })

  it('made before a crash for other arguments does not open this call', async () => {
    await breakOff(asIs, { ...write, arguments: { path: 'src/new', content: 'other' } })
    await under(asIs).call(write, at)
    expect(record()?.tool_call).toMatchObject({ status: 'refused', rule: 'policy.unbound' })
    expect(await desk.inTree('src/new')).toBeUndefined()
  })

  it('made before a crash does not outlive a change of policy, and the refusal is recorded', async () => {
    const earlier = await breakOff()
    await under(denied).call(write, at)
    expect(record()?.tool_call).toMatchObject({ status: 'refused', rule: 'today.closed' })
    expect(record()?.decision).toMatchObject({ answer: 'deny', args_hash: earlier?.args_hash })
    expect(await desk.inTree('src/new')).toBeUndefined()
  })

  it('that denied before a crash is not undone by one that allows now', async () => {
    await breakOff(denied)
    await under(asIs).call(write, at)
    expect(record()?.tool_call).toMatchObject({ status: 'refused', rule: 'today.closed' })
    expect(await desk.inTree('src/new')).toBeUndefined()
  })

  it('that a journal did not record opens nothing', async () => {
    const { journal } = desk.host
    const forgetful: typeof journal = {
      ...journal,
      perform: ({ key, kind, request }, act) => journal.perform({ key, kind, request }, act),
    }
    await under(asIs, [], forgetful).call(write, at)
    expect(record()?.tool_call).toMatchObject({ status: 'refused', rule: 'policy.unrecorded' })
    expect(await desk.inTree('src/new')).toBeUndefined()
  })
})
