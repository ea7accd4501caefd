import type { EventDraft } from '#domain/event'
import type { Json } from '#domain/json'
import type { AgentSession, AgentTools, GuestChannel, GuestExchange, GuestToolDoor, StepOutcome } from '#ports'
import { endingOfTurn, type TurnEnding } from './ending-of-turn.ts'
import type { GuestParts } from './guest-parts.ts'
import { inTurn } from './in-turn-tools.ts'
import { runGuest, type Ran } from './run-guest.ts'
import { Transcript } from './transcript.ts'

const MAX_SUMMARY = 4_000

/** One turn that is about to be taken. */
export interface Turn {
  readonly session: AgentSession
  readonly prompt: string
  /** Unique in the run for each start. */
  readonly key_prefix: string
  readonly name: string
}

/**
 * Starts the guest once in the run's sandbox and waits until it, or the platform, ends it. Its tree is captured whatever
 * came of it, so nothing that was paid for is lost. Its exchanges were settled by the gateway: none is booked again here.
 */
export async function takeTurn(parts: GuestParts, turn: Turn): Promise<StepOutcome<Json>> {
  const { session } = turn
  const { version, id } = parts.found
  const started: EventDraft = {
    event: 'guest_started',
    facts: { guest: id, version, phase: session.phase, model: parts.model.model },
    actor_type: 'agent',
    actor: id,
  }
  await parts.note([started])
  const transcript = new Transcript(parts)
  const before = parts.tree()
  const channel = await admit(parts, turn)
  let ran: Ran
  let exchanges: readonly GuestExchange[]
  try {
    ran = await withTools(parts, { turn, channel, transcript })
  } finally {
    exchanges = await channel.close()
  }
  // A turn that was taken from this worker, or cancelled, has no outcome: whoever goes on starts it again.
  session.signal.throwIfAborted()
  if (ran.broken?.kind === 'thrown') throw ran.broken.error
  return outcomeOf(parts, { turn, before, transcript, ran, exchanges })
}

const admit = ({ gateway, model, fence }: GuestParts, { session, key_prefix }: Turn): Promise<GuestChannel> =>
  gateway.admit({
    run_id: session.run_id,
    tenant_id: session.tenant_id,
    fence,
    key_prefix,
    model,
    task_class: session.task.capability,
    data_class: 'internal',
  })

interface Admitted {
  readonly turn: Turn
  readonly channel: GuestChannel
  readonly transcript: Transcript
}

/** Runs the guest with the run's own tools at a door beside its model's. */
async function withTools(parts: GuestParts, { turn, channel, transcript }: Admitted): Promise<Ran> {
  const { session } = turn
  const stop = new AbortController()
  const hands = inTurn(session.tools, () => stop.abort())
  const door = await openTools(parts, turn, hands.tools)
  try {
    const with_tools = { ...session, tools: hands.tools }
    const seat = { session: with_tools, channel, door, transcript, broken: stop.signal, isServed: hands.isServed }
    const ran = await runGuest(parts, { ...turn, ...seat })
    await hands.end()
    const broken = hands.broken()
    return broken === undefined ? ran : { ...ran, broken }
  } finally {
    await door.close()
    // What the guest asked for last may still act; the next step must not begin beside it.
    await hands.end()
  }
}

function openTools(
  { tool_desk }: GuestParts,
  { session, key_prefix }: Turn,
  tools: AgentTools,
): Promise<GuestToolDoor> {
  let calls = 0
  // Each call is a turn of its own to whoever counts the calls of one answer.
  return tool_desk.open({ tools, phase: session.phase, nextKey: () => `within:${key_prefix}:tool${calls++}:0` })
}

interface Taken {
  readonly turn: Turn
  /** The tree as it stood before the turn. */
  readonly before: string
  readonly transcript: Transcript
  readonly ran: Ran
  readonly exchanges: readonly GuestExchange[]
}

async function outcomeOf(parts: GuestParts, taken: Taken): Promise<StepOutcome<Json>> {
  const { turn, before, transcript, ran, exchanges } = taken
  const { tree, refused } = await parts.checkpoint()
  const redact = async (text: string) => (await parts.redactor.redact(text)).text
  const ending = endingOfTurn({
    ...ran,
    exhausted: ran.broken?.kind === 'exhausted' ? ran.broken.verdict : undefined,
    wanted: ran.broken?.kind === 'needs_leave' ? ran.broken.wanted : ran.wanted,
    exchanges,
    is_changed: tree !== before,
    concluded: parts.cli.converse !== undefined && transcript.conclusion !== undefined,
    says_failed: transcript.conclusion?.is_error === true,
    last_words: await redact(transcript.lastWords.slice(0, MAX_SUMMARY)),
    errors: await redact(ran.errors.slice(-2_000)),
    calls: transcript.calls,
    ...turn.session.budget(),
  })
  const { artifact, redacted } = await transcript.store(turn.name, ran.errors)
  const files = tree === before ? 0 : await parts.changedFiles(before, tree)
  return {
    value: { ...ending, refused: refused.length, exchanges: exchanges.length } as unknown as Json,
    tree,
    artifacts: [artifact],
    events: [
      ...exchanges.map((exchange) => exchangeEvent(exchange, turn.session.phase)),
      endedEvent(parts, ran, ending),
      ...(tree === before ? [] : [{ event: 'tree_checkpointed' as const, facts: { tree, files } }]),
      ...redacted,
    ],
  }
}

function endedEvent({ found }: GuestParts, { end }: Ran, { status }: TurnEnding): EventDraft {
  const { exit_code, ended_by } = end
  const duration_ms = Math.round(end.duration_ms)
  const facts = { guest: found.id, exit_code, ended_by, duration_ms, outcome: status }
  return { event: 'guest_ended', facts, actor_type: 'agent', actor: found.id }
}

function exchangeEvent(exchange: GuestExchange, phase: string): EventDraft {
  const { call_key, reported_model, usage, cost_usd, outcome, exchange_sha256 } = exchange
  if (outcome === 'unknown') return { event: 'model_call_unknown', facts: { call_key, reserved_usd: cost_usd } }
  const { input_tokens, output_tokens } = usage
  return {
    event: 'model_called',
    facts: { call_key, model: reported_model, phase, input_tokens, output_tokens, cost_usd, outcome },
    actor_type: 'agent',
    resource_type: 'model',
    resource_id: reported_model,
    ...(exchange_sha256 === null ? {} : { result_hash: exchange_sha256 }),
  }
}
