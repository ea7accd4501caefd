import { z } from 'zod'
import type { Json } from '#domain/json'
import type { GuestAdmission, GuestExchange, ModelAnswer, ModelCall } from '#ports'

/** Grows when client and gateway of different versions could no longer speak with each other. */
export const PROTOCOL = 2

const json: z.ZodType<Json> = z.json()
const toolRequest = z.strictObject({
  id: z.string(),
  name: z.string(),
  arguments: json,
  provider_data: json.optional(),
})
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), text: z.string() }),
  z.strictObject({ role: z.literal('assistant'), text: z.string(), tool_requests: z.array(toolRequest) }),
  z.strictObject({
    role: z.literal('tool'),
    answers: z.array(
      z.strictObject({ call_id: z.string(), name: z.string(), text: z.string(), is_error: z.boolean() }),
    ),
  }),
])
const model = z.strictObject({
  provider: z.string(),
  model: z.string(),
  api: z.enum(['anthropic', 'openai-chat', 'openai-responses', 'google', 'recorded']),
  url: z.string().nullable(),
})
const dataClass = z.enum(['public', 'internal', 'confidential', 'restricted'])
const modelCall = z.strictObject({
  call_key: z.string().min(1).max(300),
  run_id: z.string().min(1),
  tenant_id: z.string().min(1),
  model,
  request: z.strictObject({
    phase: z.enum(['planning', 'editing', 'repairing', 'judging']),
    system: z.string(),
    messages: z.array(message),
    tools: z.array(
      z.strictObject({ name: z.string(), description: z.string(), input_schema: z.record(z.string(), json) }),
    ),
    max_output_tokens: z.number().int().positive(),
  }),
  request_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  timeout_ms: z.number().positive().max(2_147_483_647),
  task_class: z.string().optional(),
  data_class: dataClass.optional(),
})
const start = { run_id: z.string().min(1), tenant_id: z.string().min(1), key_prefix: z.string().min(1).max(200) }
const guestAdmission = z.strictObject({
  ...start,
  fence: z.number().int().nonnegative(),
  model,
  task_class: z.string(),
  data_class: dataClass,
})
const opened = z.object({ id: z.string(), socket: z.string(), token: z.string() })
const closing = z.strictObject({ id: z.string() })
const guestStart = z.strictObject(start)
const keys = z.record(z.string(), z.string())
const health = z.object({
  protocol: z.number(),
  version: z.string(),
  pid: z.number(),
  open: z.number(),
  draining: z.boolean(),
})
const refusal = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() })

/** What a gateway says about itself. */
export type GatewayHealth = Readonly<z.infer<typeof health>>
/** An error as it crosses the socket. */
export type WireRefusal = Readonly<z.infer<typeof refusal>>

/** Says that this gateway takes no new calls and that its successor will. */
export const DRAINING = 'gateway_draining'

/** Parses a call; throws with the field's name where it is none. */
export const parseCall = (text: string): ModelCall => modelCall.parse(JSON.parse(text)) as ModelCall
export const parseKeys = (text: string): Readonly<Record<string, string>> => keys.parse(JSON.parse(text))
export const parseHealth = (text: string): GatewayHealth => health.parse(JSON.parse(text))
export const parseRefusal = (text: string): WireRefusal => refusal.parse(JSON.parse(text))
/** The gateway is the same program: its answers are typed by the protocol number. */
export const parseAnswer = (text: string): ModelAnswer => JSON.parse(text) as ModelAnswer

export const parseAdmission = (text: string): GuestAdmission => guestAdmission.parse(JSON.parse(text))
export const parseOpened = (text: string): Readonly<z.infer<typeof opened>> => opened.parse(JSON.parse(text))
export const parseClosing = (text: string): Readonly<z.infer<typeof closing>> => closing.parse(JSON.parse(text))
export const parseGuestStart = (text: string): Readonly<z.infer<typeof guestStart>> =>
  guestStart.parse(JSON.parse(text))
export const parseExchanges = (text: string): readonly GuestExchange[] => JSON.parse(text) as readonly GuestExchange[]
