import { hashRequest } from '#execution-plane/model-gateway'
import type { ModelChoice } from '#domain/task'
import type { ModelCall, ModelRequest } from '#ports'

/** A request with one message. */
export const modelRequest = (text = 'Go.'): ModelRequest => ({
  phase: 'planning',
  system: 'You mend code.',
  messages: [{ role: 'user', text }],
  tools: [],
  max_output_tokens: 100,
})

/** A whole call for a request. */
export const modelCall = (call_key: string, model: ModelChoice, request = modelRequest()): ModelCall => ({
  call_key,
  run_id: 'run_of_the_test',
  tenant_id: 'ten_local',
  model,
  request,
  request_sha256: hashRequest(request),
  timeout_ms: 20_000,
})
