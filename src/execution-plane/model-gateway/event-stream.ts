import type { Json } from '#domain/json'

/** One event of a server-sent stream; `data` is undefined where it is no JSON (`[DONE]`). */
export interface StreamEvent {
  readonly name: string | undefined
  readonly text: string
  readonly data: Json | undefined
}

/** A single event larger than this is not a model's. */
const MAX_EVENT_BYTES = 8 * 1024 * 1024

/** Splits bytes into events; comments and fields other than `event` and `data` are left out. */
export async function* readEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true })
    const parts = rest.split(/\r?\n\r?\n/)
    rest = parts.pop() ?? ''
    if (rest.length > MAX_EVENT_BYTES) throw new RangeError('An event of the stream is too large.')
    for (const part of parts) yield* eventOf(part)
  }
  yield* eventOf(rest + decoder.decode())
}

function* eventOf(part: string): Generator<StreamEvent> {
  let name: string | undefined
  const lines: string[] = []
  for (const line of part.split(/\r?\n/)) {
    if (line.startsWith('event:')) name = line.slice(6).trim()
    else if (line.startsWith('data:')) lines.push(line.slice(line[5] === ' ' ? 6 : 5))
  }
  if (lines.length === 0) return
  const text = lines.join('\n')
  yield { name, text, data: parsed(text) }
}

/** An event in its bytes. */
export const writeEvent = ({ name, text, data }: StreamEvent): string =>
  `${name === undefined ? '' : `event: ${name.replaceAll(/[\r\n]/g, '')}\n`}data: ${data === undefined ? text.replaceAll(/[\r\n]+/g, ' ') : JSON.stringify(data)}\n\n`

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
