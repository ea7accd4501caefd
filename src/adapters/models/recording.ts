import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { GanderError } from '#domain/failure'
import type { Json } from '#domain/json'
import type { StoredExchange } from '#ports'
import { happenedSince, turnOf } from './happenings.ts'

const json: z.ZodType<Json> = z.json()
const tokens = z.number().int().nonnegative().nullable()
const happening = z.strictObject({ tool: z.string(), outcome: z.enum(['ok', 'error']), arguments: json })
const request = z.strictObject({ id: z.string(), name: z.string(), arguments: json })
const usage = z.strictObject({
  input_tokens: tokens,
  output_tokens: tokens,
  cached_input_tokens: tokens,
  cache_write_input_tokens: tokens.optional(),
})
const exchange = z.strictObject({
  phase: z.enum(['planning', 'editing', 'repairing', 'judging']),
  turn: z.number().int().nonnegative(),
  step: z.number().int().nonnegative(),
  after: z.array(happening),
  answer: z.strictObject({
    text: z.string(),
    tool_requests: z.array(request),
    usage,
    stop_reason: z.enum(['tool_calls', 'end_of_turn', 'length', 'refused', 'other']),
  }),
})
const recordedConversation = z.strictObject({
  version: z.literal(1),
  model: z.string(),
  exchanges: z.array(exchange).min(1),
})

/**
 * A conversation kept on disk. Each exchange says where in its conversation it stands (`turn`: how many answers came
 * before; the judge's conversations are their own), at which step of the run it was recorded, what tools did since the
 * previous answer, and what the model answered.
 */
export type RecordedConversation = Readonly<z.infer<typeof recordedConversation>>

export type RecordedExchange = RecordedConversation['exchanges'][number]

/** Reads a conversation file. @throws GanderError `recording_unreadable` with the reason and the field */
export async function readRecording(path: string): Promise<RecordedConversation> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const why = error instanceof SyntaxError ? `it is no JSON (${error.message})` : reasonOf(error)
    throw new GanderError('recording_unreadable', `The recording ${path} cannot be read: ${why}.`, { cause: error })
  }
  const checked = recordedConversation.safeParse(parsed)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  const where = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.')
  throw new GanderError(
    'recording_unreadable',
    `The recording ${path} is no conversation of version 1: ${where}: ${issue?.message ?? 'not as it must be'}.`,
  )
}

/** Makes a conversation file's content from the answered exchanges of one run, in any order. */
export function recordConversation(exchanges: readonly StoredExchange[]): RecordedConversation {
  const answered = exchanges
    .flatMap((each) => (each.answer.status === 'answered' ? [{ ...each, answer: each.answer }] : []))
    .map((each) => ({ ...each, step: stepOf(each.call_key) }))
    .sort((left, right) => left.step - right.step)
  const [first] = answered
  if (first === undefined)
    throw new GanderError(
      'recording_unreadable',
      'The run has no answered model call, so there is nothing to record.',
      {
        remedy: 'Record a run whose model answered; a transform run needs no recording.',
      },
    )
  return {
    version: 1,
    model: `${first.model.provider}:${first.answer.reported_model}`,
    exchanges: answered.map(({ request, answer, step }) => ({
      phase: request.phase,
      turn: turnOf(request.messages),
      step,
      after: happenedSince(request.messages).map((each) => ({ ...each })),
      answer: {
        text: answer.text,
        tool_requests: answer.tool_requests.map(({ id, name, arguments: given }) => ({ id, name, arguments: given })),
        usage: { ...answer.usage },
        stop_reason: answer.stop_reason,
      },
    })),
  }
}

/** The step's number in a call key `run/n/attempt`; 0 where a key is not of that form. */
export const stepOf = (call_key: string): number => {
  const n = Number.parseInt(call_key.split('/').at(-2) ?? '', 10)
  return Number.isSafeInteger(n) && n >= 0 ? n : 0
}

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES') return 'this user may not read it'
  return error instanceof Error ? error.message : String(error)
}
