import { z } from 'zod'
import type { Json, JsonObject } from '#domain/json'
import { countOf, listOf, noForeignSource, objectOf, placesIn, type GuestWire } from './guest-wire.ts'

const json: z.ZodType<Json> = z.json()
const object = z.record(z.string(), json)
const part = z.object({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  functionCall: z.object({ id: z.string().optional(), name: z.string(), args: object.optional() }).optional(),
  functionResponse: z.object({ id: z.string().optional(), name: z.string(), response: object }).optional(),
  inlineData: z.object({ mimeType: z.string().max(100), data: z.base64() }).optional(),
})
const content = z.object({ role: z.enum(['user', 'model', 'function']).optional(), parts: z.array(part) })
const declaration = z.object({
  name: z.string(),
  description: z.string().optional(),
  parameters: json.optional(),
  parametersJsonSchema: json.optional(),
})
const request = z.object({
  contents: z.array(content).min(1),
  systemInstruction: z.object({ parts: z.array(part) }).optional(),
  tools: z.array(z.object({ functionDeclarations: z.array(declaration) })).optional(),
  toolConfig: z
    .object({
      functionCallingConfig: z.object({
        mode: z.string().optional(),
        allowedFunctionNames: z.array(z.string()).optional(),
      }),
    })
    .optional(),
  generationConfig: z
    .object({
      temperature: z.number().optional(),
      topP: z.number().optional(),
      topK: z.number().optional(),
      seed: z.number().optional(),
      maxOutputTokens: z.number().int().positive().optional(),
      stopSequences: z.array(z.string()).optional(),
      responseMimeType: z.string().optional(),
      responseSchema: json.optional(),
      responseJsonSchema: json.optional(),
      thinkingConfig: object.optional(),
    })
    .optional(),
})

/** Google's generateContent. */
export const googleWire: GuestWire = {
  api: 'google',
  label: 'Google generateContent (POST /v1beta/models/MODEL:generateContent)',
  allow(body, path) {
    const asked = objectOf(body)
    const offered = listOf(asked['tools']).map(objectOf)
    const others = offered.flatMap((each) => Object.keys(each).filter((name) => name !== 'functionDeclarations'))
    const own = offered.filter((each) => Array.isArray(each['functionDeclarations']))
    refuseFiles(asked)
    const allowed = request.parse({ ...asked, ...(offered.length === 0 ? {} : { tools: own }) })
    const [, name = '', method = ''] = /\/models\/([^/:]+):(\w+)$/.exec(path) ?? []
    return {
      body: allowed as JsonObject,
      asked_model: decodeURIComponent(name),
      stream: method === 'streamGenerateContent',
      max_output_tokens: allowed.generationConfig?.maxOutputTokens,
      dropped: others.map((each) => `tools.${each}`),
    }
  },
  seal: ({ body }, { max_output_tokens, steering }) => ({
    ...body,
    generationConfig: { ...(body['generationConfig'] as JsonObject | undefined), maxOutputTokens: max_output_tokens },
    ...(steering === undefined ? {} : { contents: steered(body['contents'], steering) }),
  }),
  pathOf: ({ model }, stream) =>
    `/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  error: (status, rule, message) => ({
    error: { code: status, message, status: STATUS_NAMES[status] ?? 'INTERNAL', details: [{ reason: rule }] },
  }),
  usageOf(said, so_far) {
    const usage = objectOf(objectOf(said)['usageMetadata'])
    const output = countOf(usage['candidatesTokenCount'])
    const thought = countOf(usage['thoughtsTokenCount'])
    return {
      input_tokens: countOf(usage['promptTokenCount']) ?? so_far.input_tokens,
      output_tokens:
        output === undefined && thought === undefined ? so_far.output_tokens : (output ?? 0) + (thought ?? 0),
      cached_input_tokens: countOf(usage['cachedContentTokenCount']) ?? so_far.cached_input_tokens,
    }
  },
  modelOf(said) {
    const name = objectOf(said)['modelVersion']
    return typeof name === 'string' ? name : undefined
  },
  deltasOf: (event) =>
    listOf(objectOf(event)['candidates']).flatMap((candidate, index) =>
      listOf(objectOf(objectOf(candidate)['content'])['parts']).flatMap((each) => {
        const said = objectOf(each)
        return placesIn(said, `${index}:${said['thought'] === true}`, ['text'])
      }),
    ),
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
}

function refuseFiles(asked: Record<string, unknown>): void {
  for (const each of listOf(asked['contents']))
    for (const inner of listOf(objectOf(each)['parts']))
      if (objectOf(inner)['fileData'] !== undefined || objectOf(inner)['file_data'] !== undefined)
        throw noForeignSource('Files')
}

function steered(contents: Json | undefined, steering: string): Json {
  const all = listOf(contents) as readonly JsonObject[]
  const last = all.at(-1)
  if (last?.['role'] === 'model' || last === undefined) return [...all]
  const parts = listOf(last['parts']) as readonly Json[]
  return [...all.slice(0, -1), { ...last, parts: [...parts, { text: steering }] }]
}
