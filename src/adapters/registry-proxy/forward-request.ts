import { type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest, type ServerResponse } from 'node:http'
import { pipeline, Transform } from 'node:stream'
import type { EgressRule } from '#ports'
import type { Destination } from './dial.ts'
import { destinationKey } from './destinations.ts'
import type { DoorSettings } from './door-settings.ts'
import { judgeRedirect, type LeavingRequest } from './request-rules.ts'
import { ForbiddenAddress, type openUpstreamAgents } from './upstream-agents.ts'

/** What a client may see of a registry's headers; cookies and challenges stay outside. */
const PASSED = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'etag',
  'last-modified',
  'cache-control',
  'expires',
  'date',
  'vary',
  'retry-after',
  'link',
  'x-pypi-last-serial',
]) // prettier-ignore

/** One judged request on its way, and where its answer goes. */
export interface Passage {
  readonly to: Destination
  readonly leaving: LeavingRequest
  readonly answer: ServerResponse
  /** Path without query, as it is shown in reports. */
  readonly path: string
  /** Says no to the client where nothing was sent yet, cuts the answer where it was; counts it either way. */
  readonly refuse: (rule: EgressRule, why: string, host?: string) => void
}

interface Outside {
  readonly settings: DoorSettings
  readonly agents: ReturnType<typeof openUpstreamAgents>
  /** Targets with a query that a registry redirected to. */
  readonly granted: Set<string>
}

const MISSING = new Set([400, 401, 403, 404, 410, 451])

const passedHeaders = (incoming: IncomingMessage): OutgoingHttpHeaders =>
  Object.fromEntries(
    Object.entries(incoming.headers).flatMap(([name, value]) =>
      value !== undefined && (PASSED.has(name) || name.startsWith('x-checksum-')) ? [[name, value]] : [],
    ),
  )

/** Counts what comes in and stops at the first byte over a cap. */
const meter = ({ settings }: Outside, passage: Passage): Transform => {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      const { response_bytes } = settings.limits
      if (!settings.ledger.receive(chunk.length)) {
        passage.refuse('egress.budget', 'the bytes that this run may fetch are used up')
        done(new Error('budget'))
      } else if (bytes > response_bytes) {
        passage.refuse('egress.size', `the answer is larger than ${response_bytes} bytes`)
        done(new Error('size'))
      } else done(null, chunk)
    },
  })
}

/** Hands a redirect to the client, who comes again and is judged again; false where there is none. */
const passRedirect = (incoming: IncomingMessage, outside: Outside, passage: Passage): boolean => {
  const { statusCode = 0, headers } = incoming
  if (statusCode < 300 || statusCode > 399 || statusCode === 304) return false
  incoming.resume()
  const { allowed } = outside.settings
  const judged = judgeRedirect(headers.location ?? '', passage.to, passage.path, (scheme, host, port) =>
    allowed.get(destinationKey(scheme, host, port)),
  )
  if (!judged.ok) {
    passage.refuse(judged.refusal.rule, judged.refusal.why, judged.refusal.host)
    return true
  }
  if (outside.granted.size < 20_000) outside.granted.add(judged.value.grant)
  passage.answer.writeHead(statusCode, { location: judged.value.location, 'content-length': 0 }).end()
  return true
}

const passAnswer = (incoming: IncomingMessage, outside: Outside, passage: Passage, done: () => void) => {
  const { statusCode = 502 } = incoming
  if (passRedirect(incoming, outside, passage)) {
    done()
    return
  }
  const { response_bytes } = outside.settings.limits
  if (Number(incoming.headers['content-length'] ?? 0) > response_bytes && passage.leaving.method === 'GET') {
    passage.refuse('egress.size', `the answer is larger than ${response_bytes} bytes`)
    incoming.destroy()
    done()
    return
  }
  passage.answer.writeHead(statusCode, passedHeaders(incoming))
  pipeline(incoming, meter(outside, passage), passage.answer, () => done())
}

const failureOf = (error: Error): { readonly rule: EgressRule | undefined; readonly why: string } => {
  if (error instanceof ForbiddenAddress) return { rule: 'egress.address', why: error.message }
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return { rule: 'egress.time', why: 'it took too long' }
  return { rule: undefined, why: error.message }
}

/** Sends a judged request out and its answer in. Resolves when both are over: true where the registry had nothing there. */
export const forwardRequest = (outside: Outside, passage: Passage): Promise<boolean> =>
  new Promise((resolve) => {
    const { limits } = outside.settings
    const { to, leaving, answer } = passage
    const { agent, prefix, headers } = outside.agents.wayTo(to)
    const out = httpRequest({
      agent,
      method: leaving.method,
      host: to.host,
      port: to.port,
      path: `${prefix}${leaving.target}`,
      headers: { ...leaving.headers, ...headers },
      setHost: false,
      maxHeaderSize: 65_536,
      signal: AbortSignal.timeout(limits.response_ms),
    })
    let cut = false
    let missed = false
    const stop = (why: string): void => {
      if (cut) return
      cut = true
      passage.refuse('egress.time', why)
      out.destroy()
    }
    out.setTimeout(limits.idle_ms, () => stop('nothing came for too long'))
    out.once('response', (incoming) => {
      missed = MISSING.has(incoming.statusCode ?? 0)
      passAnswer(incoming, outside, passage, () => resolve(missed))
    })
    out.on('error', (error) => {
      const { rule, why } = failureOf(error)
      if (!cut && rule !== undefined) passage.refuse(rule, why)
      else if (!cut && !answer.headersSent)
        answer.writeHead(502, { 'content-type': 'text/plain' }).end(`${to.host}: ${why}.\n`)
      else answer.destroy()
      resolve(false)
    })
    answer.once('close', () => {
      if (!answer.writableFinished) out.destroy()
      resolve(missed)
    })
    out.end()
  })
