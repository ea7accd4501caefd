import type { EventDraft } from '#domain/event'
import type { Json } from '#domain/json'
import {
  type AgentSession,
  type GuestChannel,
  type GuestExchange,
  type ProcessEnd,
  type SandboxProcess,
  type StepOutcome,
} from '#ports'
import { endingOfTurn, type TurnEnding, type TurnFacts } from './ending-of-turn.ts'
import type { GuestEvent, GuestLaunch } from './guest-cli.ts'
import type { GuestParts } from './guest-parts.ts'
import { readLines } from './json-lines.ts'
import { Transcript } from './transcript.ts'

/** Where the guest's model is reached inside its sandbox. */
const PORT = 4180
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
    ran = await run(parts, { turn, channel, transcript })
  } finally {
    exchanges = await channel.close()
  }
  // A turn that was taken from this worker, or cancelled, has no outcome: whoever goes on starts it again.
  session.signal.throwIfAborted()
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

interface Running {
  readonly turn: Turn
  readonly channel: GuestChannel
  readonly transcript: Transcript
}

interface Ran {
  readonly end: ProcessEnd
  readonly stopped: TurnFacts['stopped']
  readonly errors: string
}

async function run(parts: GuestParts, running: Running): Promise<Ran> {
  const { turn, channel } = running
  const { session, prompt } = turn
  const { limits, use } = session.budget()
  const launch = parts.cli.launch({
    program: parts.found.argv,
    origin: `http://127.0.0.1:${PORT}`,
    token: channel.token,
    model: parts.model.model,
    prompt,
  })
  const process = await parts.sandbox.start(
    {
      argv: withFiles(launch),
      env: { ...launch.env },
      timeout_ms: Math.max(1_000, limits.max_minutes * 60_000 - use.active_ms),
      network: { kind: 'doors', doors: [{ socket: channel.socket, port: PORT }] },
    },
    session.signal,
  )
  const calls_left = limits.max_steps - use.steps
  const stopped =
    parts.cli.converse === undefined
      ? await listen(process, parts, { ...running, calls_left })
      : await converse(process, parts.cli.converse, { ...running, calls_left })
  return { end: await process.ended, stopped, errors: process.errors() }
}

/** A conversation that is over, or broken, ends the program: it waits for more words and would not end by itself. */
async function converse(
  process: SandboxProcess,
  talk: NonNullable<GuestParts['cli']['converse']>,
  { turn, transcript, calls_left }: Limited,
): Promise<TurnFacts['stopped']> {
  let stopped: TurnFacts['stopped']
  const add = (event: GuestEvent) => {
    transcript.add(event)
    if (transcript.calls <= calls_left || stopped !== undefined) return
    stopped = 'steps'
    void process.kill()
  }
  const { session, prompt, key_prefix } = turn
  try {
    await Promise.race([talk({ process, session, prompt, key_prefix, add }), process.ended])
  } catch (error) {
    transcript.add({ kind: 'concluded', text: error instanceof Error ? error.message : String(error), is_error: true })
  }
  await process.kill()
  return stopped
}

type Limited = Running & { readonly calls_left: number }

async function listen(
  process: SandboxProcess,
  { cli }: GuestParts,
  { transcript, calls_left }: Limited,
): Promise<TurnFacts['stopped']> {
  process.closeInput()
  for await (const line of readLines(process.output)) {
    if (line.kind === 'flood') {
      await process.kill()
      return 'flood'
    }
    if (line.kind === 'words') transcript.addWords(line.text)
    else for (const event of cli.read(line.value)) transcript.add(event)
    if (transcript.calls > calls_left) {
      await process.kill()
      return 'steps'
    }
  }
  return undefined
}

/** A program that writes the launch's files and becomes the guest, so that one process tree holds it all. */
const withFiles = ({ files, argv }: GuestLaunch): readonly string[] => {
  const script =
    'while [ "$1" != -- ]; do mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1" || exit 125; shift 2; done; shift; exec "$@"'
  return ['sh', '-c', script, 'guest', ...Object.entries(files).flat(), '--', ...argv]
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
