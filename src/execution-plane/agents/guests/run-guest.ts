import type { AgentSession, GuestChannel, GuestToolDoor, ProcessEnd, SandboxProcess, WantedLeave } from '#ports'
import type { TurnFacts } from './ending-of-turn.ts'
import type { GuestEvent, GuestLaunch, ToolSeat } from './guest-cli.ts'
import type { GuestParts } from './guest-parts.ts'
import type { Broken } from './in-turn-tools.ts'
import { readLines } from './json-lines.ts'
import { watchForStall } from './stall.ts'
import type { Transcript } from './transcript.ts'

/** Where the guest's model, and the tools of its run, are reached inside its sandbox. */
const PORT = 4180
const TOOLS_PORT = 4181

/** One start of a guest with everything it is given. */
interface Start {
  readonly session: AgentSession
  readonly prompt: string
  readonly key_prefix: string
  readonly channel: GuestChannel
  readonly door: GuestToolDoor
  readonly transcript: Transcript
  /** Aborted when the platform's own hand failed under it. */
  readonly broken: AbortSignal
  /** Whether the platform does something for it right now. */
  readonly isServed: () => boolean
}

/** How a start of a guest came to its end. */
export interface Ran {
  readonly end: ProcessEnd
  readonly stopped: TurnFacts['stopped']
  /** What it was stopped for, until a person has answered. */
  readonly wanted: WantedLeave | undefined
  readonly errors: string
  readonly broken?: Broken
}

/** Starts the guest's program and follows it to its end, which is the end of everything it started. */
export async function runGuest(parts: GuestParts, start: Start): Promise<Ran> {
  const { session, channel, door, broken } = start
  const { limits, use } = session.budget()
  const tools = { url: `http://127.0.0.1:${TOOLS_PORT}/mcp`, token: door.token }
  const launch = parts.cli.launch({
    program: parts.found.argv,
    origin: `http://127.0.0.1:${PORT}`,
    token: channel.token,
    model: parts.model.model,
    prompt: start.prompt,
    tools,
  })
  const doors = [
    { socket: channel.socket, port: PORT },
    { socket: door.socket, port: TOOLS_PORT },
  ]
  const process = await parts.sandbox.start(
    {
      argv: withFiles(launch),
      env: { ...launch.env },
      timeout_ms: Math.max(1_000, limits.max_minutes * 60_000 - use.active_ms),
      network: { kind: 'doors', doors },
    },
    AbortSignal.any([session.signal, broken]),
  )
  const calls_left = limits.max_steps - use.steps
  const { stopped, wanted } = await follow(parts, { ...start, process, tools, calls_left })
  return { end: await process.ended, stopped, wanted, errors: process.errors() }
}

interface Followed extends Start {
  readonly process: SandboxProcess
  readonly tools: ToolSeat
  readonly calls_left: number
}

type Heard = Pick<Ran, 'stopped' | 'wanted'>

async function follow(parts: GuestParts, followed: Followed): Promise<Heard> {
  const { process, channel } = followed
  const stall = watchForStall({
    clock: parts.clock,
    limit_ms: parts.stall_ms,
    asked: async () => (await channel.exchanges()).length,
    isServed: followed.isServed,
    stop: () => void process.kill(),
  })
  const output = stall.heard(process.output)
  try {
    const { converse: talk } = parts.cli
    const heard =
      talk === undefined
        ? { stopped: await listen(output, parts, followed), wanted: undefined }
        : await converse(output, talk, followed)
    return stall.stalled() ? { ...heard, stopped: 'stalled' } : heard
  } finally {
    stall.end()
  }
}

/** A conversation that is over, or broken, ends the program: it waits for more words and would not end by itself. */
async function converse(
  output: AsyncIterable<Uint8Array>,
  talk: NonNullable<GuestParts['cli']['converse']>,
  { process, session, prompt, key_prefix, transcript, tools, calls_left }: Followed,
): Promise<Heard> {
  let stopped: TurnFacts['stopped']
  let wanted: WantedLeave | undefined
  const needLeave = (asked: WantedLeave) => {
    wanted ??= asked
    void process.kill()
  }
  const add = (event: GuestEvent) => {
    transcript.add(event)
    if (transcript.calls <= calls_left || stopped !== undefined) return
    stopped = 'steps'
    void process.kill()
  }
  try {
    await Promise.race([talk({ process, output, session, prompt, key_prefix, tools, add, needLeave }), process.ended])
  } catch (error) {
    transcript.add({ kind: 'concluded', text: error instanceof Error ? error.message : String(error), is_error: true })
  }
  await process.kill()
  return { stopped, wanted }
}

async function listen(
  output: AsyncIterable<Uint8Array>,
  { cli }: GuestParts,
  { process, transcript, calls_left }: Followed,
): Promise<TurnFacts['stopped']> {
  process.closeInput()
  for await (const line of readLines(output)) {
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
