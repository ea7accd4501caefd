import { deserializeMessage, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client'
import type { ForeignFailure, ForeignNotice, SandboxProcess } from '#ports'

/** The longest line of a server: a message may not fill the worker's memory. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024
/** The most that one conversation may bring in all. */
const MAX_SESSION_BYTES = 64 * 1024 * 1024
/** The most messages of one conversation: a flood of small ones would keep the worker busy without being large. */
const MAX_MESSAGES = 10_000
/** Lines that are no messages (a server that prints its greeting) are passed over, up to this many. */
const MAX_NOISE = 100

/** A transport over a process, with why it ended. */
export interface ProcessTransport extends Transport {
  /** Why the conversation was ended from this side; undefined while it goes on. */
  broken(): { readonly failure: ForeignFailure; readonly message: string } | undefined
}

/** Frames messages as lines on a process's standard streams; what a server asks for itself is told to `notice`. */
export function createProcessTransport(
  process: SandboxProcess,
  notice: (notice: ForeignNotice) => void,
): ProcessTransport {
  let broken: ReturnType<ProcessTransport['broken']>
  let isClosed = false
  const close = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    process.closeInput()
    await process.kill().catch(() => undefined)
    transport.onclose?.()
    notice({ kind: 'closed' })
  }
  const fail = (failure: ForeignFailure, message: string): void => {
    broken ??= { failure, message }
    void close()
  }
  const transport: ProcessTransport = {
    broken: () => broken,
    start: async () => {
      void readLines(process, (line) => deliver(line)).then((message) =>
        message === undefined ? fail('closed', 'the server ended') : fail('too_large', message),
      )
    },
    send: async (message) => {
      if (isClosed) throw new Error('the conversation is over')
      await process.write(`${JSON.stringify(message)}\n`)
    },
    close,
  }
  let noise = 0
  let messages = 0
  const deliver = (line: string): boolean => {
    messages += 1
    if (messages > MAX_MESSAGES) fail('too_large', `the server sent more than ${MAX_MESSAGES} messages`)
    if (isClosed) return false
    const message = parse(line)
    if (message === undefined) {
      noise += 1
      if (noise > MAX_NOISE) fail('protocol', `more than ${MAX_NOISE} lines of the server were no messages`)
      return !isClosed
    }
    noteRequest(message, notice)
    // What a server only announces (progress, log lines) is read by nobody behind this.
    if ('id' in message) transport.onmessage?.(message)
    return true
  }
  return transport
}

function parse(line: string): JSONRPCMessage | undefined {
  try {
    return deserializeMessage(line)
  } catch {
    return undefined
  }
}

/** A request of the server's is answered with "method not found" by the client; here it is only made known. */
function noteRequest(message: JSONRPCMessage, notice: (notice: ForeignNotice) => void): void {
  if (!('method' in message)) return
  const { method } = message
  if ('id' in message && method !== 'ping') notice({ kind: 'refused_request', method: method.slice(0, 80) })
  if (/^notifications\/(tools|prompts|resources)\/list_changed$/.test(method)) notice({ kind: 'list_changed' })
}

/** Gives each line until one is not taken; ends with undefined then and at the end, or with why no more is read. */
async function readLines(process: SandboxProcess, line: (text: string) => boolean): Promise<string | undefined> {
  let parts: Uint8Array[] = []
  let held = 0
  let total = 0
  try {
    for await (const chunk of process.output) {
      total += chunk.length
      if (total > MAX_SESSION_BYTES) return `the server sent more than ${MAX_SESSION_BYTES} bytes`
      let rest = chunk
      for (let at = rest.indexOf(10); at !== -1; at = rest.indexOf(10)) {
        if (held + at > MAX_MESSAGE_BYTES) return tooLong
        const text = Buffer.concat([...parts, rest.subarray(0, at)]).toString('utf8')
        parts = []
        held = 0
        rest = rest.subarray(at + 1)
        if (text.trim() !== '' && !line(text)) return undefined
      }
      held += rest.length
      if (held > MAX_MESSAGE_BYTES) return tooLong
      if (rest.length > 0) parts.push(rest)
    }
  } catch {
    // A stream that breaks is a server that ended.
  }
  return undefined
}

const tooLong = `a message of the server is longer than ${MAX_MESSAGE_BYTES} bytes`
