import type { Json } from '#domain/json'
import type { ModelDecision } from '#domain/model-policy'
import type {
  ArtifactRef,
  ArtifactStore,
  Clock,
  ExchangeJournal,
  GuestBudget,
  ModelAnswer,
  ModelCall,
  ModelProvider,
  ModelRequest,
  ProviderAnswer,
  Redactor,
  StoredExchange,
} from '#ports'
import { withoutRegisteredSecrets } from './exact-redaction.ts'
import { hashJson, hashRequest } from './hash-request.ts'
import type { ModelAsk, ModelRules } from './model-rules.ts'
import { createPolicyLimits, type PolicyLimits } from './policy-limits.ts'
import { createRequestRedactor, type RequestRedaction, type RequestRedactor } from './redact-request.ts'

/** How often and how long apart a journal that does not answer is asked to record, 15.5 s in all. */
const RECORD_DELAYS_MS: readonly number[] = [0, 500, 1_000, 2_000, 4_000, 8_000]

interface ExchangeWorld {
  readonly journal: ExchangeJournal
  /** Where a tenant's exchanges are kept. */
  readonly artifacts: (tenant: string) => Pick<ArtifactStore, 'put'>
  readonly redactor: Redactor
  readonly provider: ModelProvider
  readonly clock: Clock
  /** Absent means that whatever is asked for is allowed. */
  readonly rules?: Pick<ModelRules, 'decide'>
  /** Read where the policy limits what a run may use; absent means that such a limit refuses. */
  readonly budget?: Pick<GuestBudget, 'spending'>
}

/**
 * One call key, at most one provider request.
 *
 * The order is: claim in the journal (`sent`), ask the provider, store the bytes, record in the journal (`answered`),
 * answer. A call whose key is in flight joins it; one that was recorded gets the recorded answer; one that an earlier
 * gateway left open is `unknown`. The caller's going away cancels nothing; only
 * a run that is stopped does, by the signal that came with its call: the provider is then left, and `stopped` is recorded. An answer that could not be stored or
 * recorded stays in memory, and the next call with its key tries that again without asking the provider.
 */
export interface ModelExchange {
  /** @throws GanderError `storage_full`, `storage_unwritable`, `database_unavailable` */
  answer(call: ModelCall, cut?: AbortSignal): Promise<ModelAnswer>
  /** Keeps keys by provider in memory; from then on they are cut out of what models say. */
  takeKeys(keys: { readonly [provider: string]: string }): void
  /** True while a call with this key is in flight, so that another with it would join. */
  holds(call_key: string): boolean
  /** Number of calls that are in flight. */
  readonly open: number
  /** Resolves when no call is in flight. */
  drained(): Promise<void>
}

interface Flight {
  readonly request_sha256: string
  answer: Promise<ModelAnswer>
  /** True until the answer was recorded or could not be. */
  busy: boolean
  /** What the provider said, kept until it is recorded. */
  said?: Said
}

interface Said extends Governed {
  readonly request: ModelRequest
  /** What was cut out of the request before it was sent. */
  readonly cut: Omit<RequestRedaction, 'value'>
  readonly answer: ProviderAnswer
  readonly sent_at: string
  readonly duration_ms: number
}

/** What the policy for models said about a call. */
interface Governed {
  readonly log_prompts: boolean
  readonly policy_version: string | null
  readonly policy_pressure: number | null
}

/** The world of an exchange with what its calls share. */
interface Desk extends ExchangeWorld {
  readonly requests: RequestRedactor
  readonly limits: PolicyLimits
}

/** Makes the exchange of one gateway process. */
export function createModelExchange(given: ExchangeWorld): ModelExchange {
  const requests = createRequestRedactor(given.redactor)
  const world: Desk = { ...given, requests, limits: createPolicyLimits(given.budget) }
  const flights = new Map<string, Flight>()
  const keys = new Map<string, string>()
  return {
    get open() {
      return busyFlights().length
    },
    holds: (call_key) => flights.has(call_key),
    takeKeys(given) {
      for (const [provider, key] of Object.entries(given)) {
        if (key === '') continue
        keys.set(provider, key)
        world.redactor.register(`${provider} key`, key)
        world.requests.forget()
      }
    },
    async drained() {
      while (busyFlights().length > 0) await Promise.allSettled(busyFlights().map((flight) => flight.answer))
    },
    async answer(call, cut) {
      if (hashRequest(call.request) !== call.request_sha256)
        return badCall(`The request of call ${call.call_key} does not have the hash that came with it.`)
      const flight = flights.get(call.call_key)
      if (flight !== undefined) return join(flight, call)
      const key = keys.get(call.model.provider)
      if (key === undefined && world.provider.needsKey(call.model)) return keyMissing(call)
      return launch(world, flights, call, { key, ...(cut && { cut }) })
    },
  }

  function busyFlights(): readonly Flight[] {
    return [...flights.values()].filter((flight) => flight.busy)
  }

  function join(flight: Flight, call: ModelCall): Promise<ModelAnswer> {
    if (flight.request_sha256 !== call.request_sha256) return Promise.resolve(otherRequest(call))
    const { said } = flight
    if (flight.busy || said === undefined) return flight.answer
    return track(flight, settle(world, flights, call, said))
  }
}

/** With what a call is sent, and what cuts it off. */
interface Way {
  readonly key: string | undefined
  readonly cut?: AbortSignal
}

function launch(world: Desk, flights: Map<string, Flight>, call: ModelCall, way: Way): Promise<ModelAnswer> {
  const flight: Flight = { request_sha256: call.request_sha256, answer: send(), busy: true }
  flights.set(call.call_key, flight)
  return track(flight, flight.answer)

  async function send(): Promise<ModelAnswer> {
    let claimed = false
    let permit: Permit | undefined
    try {
      permit = await permitFor(world, call)
      if ('message' in permit) return refusedByPolicy(permit.message)
      const claim = await world.journal.claim(call.call_key, call.request_sha256, call.run_id, call.tenant_id)
      if (claim.status === 'recorded') return claim.answer
      if (claim.status === 'mismatch') return otherRequest(call)
      if (claim.status === 'unknown') return unknown(call, 'an earlier gateway sent it and did not record an answer')
      claimed = true
    } finally {
      if (!claimed) {
        flights.delete(call.call_key)
        permit?.release()
      }
    }
    try {
      flight.said = await ask(world, call, { ...way, governed: permit.governed })
      return await settle(world, flights, call, flight.said)
    } finally {
      permit.release()
    }
  }
}

/** Leave to ask, or why there is none. */
type Permit = { readonly governed: Governed; release(): void } | { readonly message: string; release(): void }

async function permitFor({ rules, limits }: Desk, call: ModelCall): Promise<Permit> {
  const decision: ModelDecision | undefined = await rules?.decide(askOf(call))
  const release = (): void => undefined
  if (decision === undefined)
    return { governed: { log_prompts: true, policy_version: null, policy_pressure: null }, release }
  if (!decision.allowed) return { message: decision.message, release }
  const held = await limits.hold(call, decision)
  if ('message' in held) return { message: held.message, release }
  const { log_prompts, policy_version } = decision
  return { governed: { log_prompts, policy_version, policy_pressure: held.pressure }, release: () => held.release() }
}

interface Asking extends Way {
  readonly governed: Governed
}

async function ask(world: Desk, call: ModelCall, { governed, ...way }: Asking): Promise<Said> {
  const started = world.clock.now()
  const { call_key, run_id, model, request: asked, timeout_ms } = call
  const { value, ...cut } = await world.requests.redact(asked as unknown as Json)
  const request = value as unknown as ModelRequest
  const answer = await world.provider.answer({ call_key, run_id, model, request, timeout_ms, ...way })
  const duration_ms = Math.round(world.clock.now() - started)
  return { request, cut, answer, sent_at: new Date(started).toISOString(), duration_ms, ...governed }
}

/** Marks a flight busy for as long as the work on its answer lasts. */
function track(flight: Flight, work: Promise<ModelAnswer>): Promise<ModelAnswer> {
  flight.busy = true
  flight.answer = work.finally(() => {
    flight.busy = false
  })
  return flight.answer
}

async function settle(world: Desk, flights: Map<string, Flight>, call: ModelCall, said: Said): Promise<ModelAnswer> {
  const answer_said = await withoutRegisteredSecrets(said.answer, world.redactor)
  const exchange: StoredExchange = {
    schema: 'gander.exchange/1',
    call_key: call.call_key,
    run_id: call.run_id,
    tenant_id: call.tenant_id,
    model: call.model,
    request_sha256: call.request_sha256,
    request: said.log_prompts ? said.request : { ...said.request, system: '', messages: [], tools: [] },
    answer: said.log_prompts ? answer_said : withheld(answer_said),
    sent_at: said.sent_at,
    duration_ms: said.duration_ms,
    ...(said.cut.count === 0 ? {} : { cut: said.cut.by_kind }),
    ...(said.policy_version === null ? {} : { policy_version: said.policy_version }),
    ...(said.log_prompts ? {} : { withheld: true, answer_sha256: hashJson(answer_said) }),
  }
  const stored = await world.artifacts(call.tenant_id).put(JSON.stringify(exchange))
  const answer: ModelAnswer =
    answer_said.status === 'failed'
      ? answer_said
      : { ...answer_said, duration_ms: said.duration_ms, exchange_sha256: stored.sha256, ...asideOf(said) }
  await record(world, call, answer, stored)
  flights.delete(call.call_key)
  return answer
}

/** What an answer tells besides what the model said. */
const asideOf = ({ cut: { count, by_kind, confirmed }, policy_pressure }: Said) => ({
  ...(count === 0 ? {} : { cut: { count, kinds: Object.keys(by_kind).toSorted(), confirmed } }),
  ...(policy_pressure === null ? {} : { policy_pressure }),
})

/** Records with patience: a database that restarts must not turn an answer that was paid for into an unknown one. */
async function record(world: Desk, call: ModelCall, answer: ModelAnswer, kept: ArtifactRef): Promise<void> {
  let failure: unknown
  for (const delay of RECORD_DELAYS_MS) {
    if (delay > 0) await world.clock.sleep(delay)
    try {
      await world.journal.record(call, answer, kept)
      return
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

const askOf = (call: ModelCall): ModelAsk => ({
  model: call.model,
  use: call.request.phase,
  task_class: call.task_class ?? 'code_change',
  data_class: call.data_class ?? 'internal',
})

const withheld = (answer: ProviderAnswer): ProviderAnswer =>
  answer.status === 'answered' ? { ...answer, text: '', tool_requests: [] } : answer

const refusedByPolicy = (message: string): ModelAnswer => ({
  status: 'failed',
  kind: 'refused_by_policy',
  message,
  retry_after_ms: null,
  retryable: false,
})

const badCall = (message: string): ModelAnswer => ({
  status: 'failed',
  kind: 'bad_request',
  message,
  retry_after_ms: null,
  retryable: false,
})

const otherRequest = (call: ModelCall): ModelAnswer =>
  badCall(`Call ${call.call_key} was already used for another request; a key leads to one request only.`)

const unknown = (call: ModelCall, why: string): ModelAnswer => ({
  status: 'unknown',
  message: `The outcome of call ${call.call_key} cannot be known: ${why}.`,
})

const keyMissing = (call: ModelCall): ModelAnswer => ({
  status: 'failed',
  kind: 'key_missing',
  message: `The gateway holds no key for provider ${call.model.provider}. Set its key in the environment or run \`gander login ${call.model.provider}\`, then continue the run.`,
  retry_after_ms: null,
  retryable: false,
})
