import { APICallError } from 'ai'
import type { ModelFailureKind, ProviderAnswer } from '#ports'

type Failed = Extract<ProviderAnswer, { readonly status: 'failed' }>

interface FailureContext {
  readonly provider: string
  readonly model: string
  readonly url: string | null
  readonly timed_out: boolean
  /** The run was stopped while it was asked. */
  readonly cut_off: boolean
  readonly timeout_ms: number
}

interface Diagnosis {
  readonly kind: ModelFailureKind
  readonly retryable: boolean
  readonly why: string
}

/** Nothing was sent, and nothing changes by waiting. */
const ADDRESS_IS_WRONG = new Set(['ENOTFOUND', 'ERR_INVALID_URL', 'ERR_INVALID_PROTOCOL'])
/** Nothing was sent, and waiting may help. */
const NOT_REACHED = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'ETIMEDOUT',
  'ERR_PROXY_TUNNEL',
])
const TOO_LONG =
  /context[ _-]?(length|window|size)|maximum context|(prompt|input|request) (is )?too (long|large)|too many (input )?tokens|exceeds? the (maximum|max|limit)[^.]{0,40}tokens|input token count/i
const NO_SUCH_MODEL =
  /model[^.]{0,80}(not found|not exist|does not exist|unknown|invalid|not supported|not available|no such)|(unknown|invalid|no such|unsupported) model|not_found_error/i
const BAD_KEY = /api[ _-]?key|authenticat|unauthorized|permission|credential/i
const REFUSED = /content[ _-]?(filter|policy|management)|safety|moderation|usage polic|prohibited/i
const OUT_OF_CREDIT = /insufficient_quota|exceeded your current quota|credit balance|billing|payment required/i
const MESSAGE_CHARS = 400

/** Maps whatever went wrong to one of the failure kinds, with what happened and why in words for a person. */
export function readFailure(error: unknown, context: FailureContext): Failed {
  const { kind, retryable, why } = diagnose(error, context)
  return {
    status: 'failed',
    kind,
    message: `${context.provider}:${context.model} at ${context.url ?? "the provider's own address"} ${why}`,
    retry_after_ms: retryable ? retryAfter(error) : null,
    retryable,
  }
}

function diagnose(error: unknown, context: FailureContext): Diagnosis {
  if (context.cut_off)
    return {
      kind: 'stopped',
      retryable: false,
      why: 'was left in the middle of the call, because its run was stopped.',
    }
  if (context.timed_out)
    return { kind: 'timeout', retryable: true, why: `did not answer within ${context.timeout_ms / 1_000} s.` }
  const code = codeOf(error)
  if (code !== undefined) return unreached(code, error)
  if (!APICallError.isInstance(error))
    return { kind: 'bad_request', retryable: false, why: `could not be asked: ${textOf(error)}` }
  const { statusCode } = error
  if (statusCode === undefined) return { kind: 'unreachable', retryable: true, why: `broke off: ${textOf(error)}` }
  if (statusCode >= 200 && statusCode < 300)
    return {
      kind: 'overloaded',
      retryable: true,
      why: `answered ${statusCode} with something that is not the promised format: ${textOf(error)}`,
    }
  return refused(statusCode, error)
}

function unreached(code: string, error: unknown): Diagnosis {
  const why = `could not be reached (${code}): ${rootOf(error)}`
  if (ADDRESS_IS_WRONG.has(code) || /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code))
    return { kind: 'unreachable', retryable: false, why }
  if (NOT_REACHED.has(code)) return { kind: 'unreachable', retryable: true, why }
  return { kind: 'overloaded', retryable: true, why: `broke off its answer (${code}): ${rootOf(error)}` }
}

function refused(status: number, error: APICallError): Diagnosis {
  const said = `${textOf(error)} ${error.responseBody ?? ''}`
  const why = `answered ${status}: ${textOf(error)}`
  const is = (kind: ModelFailureKind, retryable: boolean): Diagnosis => ({ kind, retryable, why })
  if (status < 400)
    return {
      kind: 'bad_request',
      retryable: false,
      why: `answered ${status}, a redirect to ${location(error)}. It was not followed, because the key would go along.`,
    }
  if (status === 429) return is('rate_limited', !OUT_OF_CREDIT.test(said))
  if (status === 408) return is('timeout', true)
  if (status === 409 || status === 425 || status >= 500) return is('overloaded', true)
  if (status === 401 || status === 403) return is(REFUSED.test(said) ? 'refused_by_provider' : 'key_rejected', false)
  if (status === 402 || OUT_OF_CREDIT.test(said)) return is('refused_by_provider', false)
  if (status === 404 || status === 410) return is('model_unknown', false)
  if (status === 413 || TOO_LONG.test(said)) return is('context_too_long', false)
  if (NO_SUCH_MODEL.test(said)) return is('model_unknown', false)
  if (BAD_KEY.test(said)) return is('key_rejected', false)
  if (REFUSED.test(said)) return is('refused_by_provider', false)
  return is('bad_request', false)
}

/** Milliseconds the provider asked to wait, from `retry-after-ms` or `retry-after` in seconds or as a date. */
function retryAfter(error: unknown): number | null {
  if (!APICallError.isInstance(error)) return null
  const headers = error.responseHeaders ?? {}
  const exact = Number.parseFloat(headers['retry-after-ms'] ?? '')
  if (Number.isFinite(exact)) return Math.max(0, Math.round(exact))
  const asked = headers['retry-after'] ?? ''
  if (/^\s*\d+(\.\d+)?\s*$/.test(asked)) return Math.round(Number.parseFloat(asked) * 1_000)
  const date = Date.parse(asked)
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now())
}

const location = (error: APICallError): string => clipped(error.responseHeaders?.['location'] ?? 'nowhere')

/** The first system error code in a chain of causes. */
function codeOf(error: unknown): string | undefined {
  for (const each of chainOf(error)) {
    const code: unknown = 'code' in each ? each.code : undefined
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code
  }
  return undefined
}

function rootOf(error: unknown): string {
  return clipped(chainOf(error).findLast((each) => each.message !== '')?.message ?? 'no reason given')
}

function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = []
  for (let each = error; each instanceof Error && !chain.includes(each); each = each.cause) chain.push(each)
  return chain
}

const textOf = (error: unknown): string => clipped(error instanceof Error ? error.message : String(error))

/** One line of readable length; what a server says is untrusted. */
const clipped = (text: string): string => {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.length > MESSAGE_CHARS ? `${line.slice(0, MESSAGE_CHARS)}…` : line
}
