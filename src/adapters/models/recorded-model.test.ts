import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Json } from '#domain/json'
import type { Message } from '#domain/conversation'
import type { ModelRequest, ProviderAnswer, StoredExchange } from '#ports'
import { createModelProvider } from './model-provider.ts'
import { readRecording, recordConversation } from './recording.ts'

type Phase = ModelRequest['phase']

const provider = createModelProvider()
let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gander-recording-'))
  path = join(folder, 'conversation.json')
})
afterEach(() => rm(folder, { recursive: true }))

const USAGE = { input_tokens: 10, output_tokens: 2, cached_input_tokens: null }
const answer = (text: string, tool?: string, given: Json = {}): ProviderAnswer => ({
  status: 'answered',
  text,
  tool_requests: tool === undefined ? [] : [{ id: `id-of-${text}`, name: tool, arguments: given }],
  stop_reason: tool === undefined ? 'end_of_turn' : 'tool_calls',
  usage: USAGE,
  reported_model: 'm-1',
})
const opening: readonly Message[] = [{ role: 'user', text: 'Mend it.' }]

/** The conversation after an answer whose tool calls were answered. */
function after(messages: readonly Message[], said: ProviderAnswer, is_error = false): readonly Message[] {
  if (said.status !== 'answered') throw new Error(said.message)
  return [
    ...messages,
    { role: 'assistant', text: said.text, tool_requests: said.tool_requests },
    {
      role: 'tool',
      answers: said.tool_requests.map(({ id, name }) => ({ call_id: id, name, text: 'took 12 ms', is_error })),
    },
  ]
}

const request = (phase: Phase, messages: readonly Message[]): ModelRequest => ({
  phase,
  system: '',
  messages,
  tools: [],
  max_output_tokens: 10,
})
const exchange = (step: number, asked: ModelRequest, said: ProviderAnswer): StoredExchange => ({
  schema: 'gander.exchange/1',
  call_key: `run_1/${step}/0`,
  run_id: 'run_1',
  tenant_id: 'ten_local',
  model: { provider: 'anthropic', model: 'm', api: 'anthropic', url: null },
  request_sha256: '',
  request: asked,
  answer: said,
  sent_at: '',
  duration_ms: 1,
})

const PLAN = answer('Plan.', 'submit_plan', { objective: 'Mend it in 3 s', base: 'a1b2c3d4e5f6' })
const EDIT = answer('Edit.', 'file_write', { path: 'a.ts', content: 'see /tmp/run-1/a.ts' })
const [FIRST_VERDICT, SECOND_VERDICT] = [answer('No.', 'submit_judgement'), answer('Yes.', 'submit_judgement')]
const planned = after(opening, PLAN)
const edited = after(planned, EDIT)

/** A run that planned, edited, was judged, repaired and was judged again. */
const RUN = [
  exchange(3, request('planning', opening), PLAN),
  exchange(7, request('editing', planned), EDIT),
  exchange(30, request('judging', [{ role: 'user', text: 'Judge.' }]), FIRST_VERDICT),
  exchange(33, request('repairing', edited), answer('Done.', 'finish')),
  exchange(50, request('judging', [{ role: 'user', text: 'Judge.' }]), SECOND_VERDICT),
]

const ask = (phase: Phase, messages: readonly Message[], step = 1) =>
  provider.answer({
    call_key: `run_2/${step}/0`,
    run_id: 'run_2',
    model: { provider: 'recorded', model: path, api: 'recorded', url: null },
    request: request(phase, messages),
    key: undefined,
    timeout_ms: 1,
  })
const write = (exchanges: readonly StoredExchange[]) => writeFile(path, JSON.stringify(recordConversation(exchanges)))

describe('replay', () => {
  beforeEach(() => write(RUN))

  it('answers each place of the conversation as it was recorded, in any order of asking', async () => {
    expect(await ask('editing', planned)).toMatchObject({ text: 'Edit.', usage: USAGE })
    expect(await ask('planning', opening)).toMatchObject({ text: 'Plan.' })
    expect(await ask('repairing', edited)).toMatchObject({ text: 'Done.', stop_reason: 'tool_calls' })
  })

  it('tells the judge’s conversations apart by the step they are nearest to', async () => {
    const judged: readonly Message[] = [{ role: 'user', text: 'Judge.' }]
    expect(await ask('judging', judged, 31)).toMatchObject({ text: 'No.' })
    expect(await ask('judging', judged, 52)).toMatchObject({ text: 'Yes.' })
  })

  it('does not count durations, hashes, ids, versions and temporary paths', async () => {
    const other = answer('Plan.', 'submit_plan', { objective: 'Mend it in 41 ms', base: '0f9e8d7c6b5a' })
    expect(await ask('editing', after(opening, other))).toMatchObject({ text: 'Edit.' })
    const elsewhere = answer('Edit.', 'file_write', { path: 'a.ts', content: 'see /tmp/run-2/b/c.ts' })
    expect(await ask('repairing', after(planned, elsewhere))).toMatchObject({ text: 'Done.' })
  })

  it.each([
    ['another phase', 'planning', planned, /exchange 2 \(editing, answer 2\): expected phase editing, saw planning/],
    [
      'another outcome',
      'editing',
      after(opening, PLAN, true),
      /call 1 before it: expected submit_plan to end ok, saw error/,
    ],
    ['another tool', 'editing', after(opening, answer('x', 'file_read')), /expected submit_plan, saw file_read/],
    [
      'no call',
      'editing',
      [...opening, { role: 'assistant', text: 'x', tool_requests: [] }],
      /expected submit_plan, saw none/,
    ],
    ['other arguments', 'editing', after(opening, answer('x', 'submit_plan', { objective: 'Break it' })), /Break it/],
    ['a longer run', 'repairing', after(edited, answer('x', 'finish')), /expected it to end after 3 answers.*answer 4/],
  ] as const)('departs from %s and says where and how', async (_, phase, messages, said) => {
    const failed = await ask(phase, messages)
    expect(failed).toMatchObject({ status: 'failed', kind: 'departed', retryable: false })
    expect(failed).toMatchObject({ message: expect.stringMatching(said) })
  })

  it('departs when a call more was made than recorded', async () => {
    const [, said, answers] = planned
    if (said?.role !== 'assistant' || answers?.role !== 'tool') throw new Error('the test is wrong')
    const extra = { id: 'more', name: 'file_list', arguments: {} }
    const messages: readonly Message[] = [
      ...opening,
      { ...said, tool_requests: [...said.tool_requests, extra] },
      {
        role: 'tool',
        answers: [...answers.answers, { call_id: 'more', name: 'file_list', text: '', is_error: false }],
      },
    ]
    expect(await ask('editing', messages)).toMatchObject({
      kind: 'departed',
      message: expect.stringContaining('tool call 2 before it: expected none, saw file_list'),
    })
  })
})

describe('reading', () => {
  it.each([
    ['{"version": 2, "model": "m", "exchanges": []}', 'version'],
    ['{"version": 1, "model": "m", "exchanges": []}', 'exchanges'],
    ['{"version": 1, "model": "m", "exchanges": [{"phase": "dreaming"}]}', 'exchanges.0.phase'],
    ['no json', 'no JSON'],
  ])('refuses %s and names the field', async (content, field) => {
    await writeFile(path, content)
    await expect(readRecording(path)).rejects.toMatchObject({
      code: 'recording_unreadable',
      message: expect.stringContaining(field),
    })
  })

  it('says that there is no such file', async () => {
    await expect(readRecording(path)).rejects.toMatchObject({
      code: 'recording_unreadable',
      message: expect.stringContaining('no such file'),
    })
  })
})

describe('recording', () => {
  it('reads back what it wrote, ordered by step, without failures', async () => {
    const failed: ProviderAnswer = {
      status: 'failed',
      kind: 'overloaded',
      message: '',
      retry_after_ms: null,
      retryable: true,
    }
    await write([...RUN, exchange(6, request('editing', planned), failed)].toReversed())
    const recording = await readRecording(path)
    expect(recording.exchanges.map(({ phase, turn, step }) => [phase, turn, step])).toEqual([
      ['planning', 0, 3],
      ['editing', 1, 7],
      ['judging', 0, 30],
      ['repairing', 2, 33],
      ['judging', 0, 50],
    ])
    expect(recording.model).toBe('anthropic:m-1')
  })

  it('refuses a run in which no model answered', () => {
    expect(() => recordConversation([])).toThrow('nothing to record')
  })
})
