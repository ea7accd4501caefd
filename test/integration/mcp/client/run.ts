/**
 * The client that the gateway speaks with foreign servers through, for the official conformance tool: the tool serves
 * over HTTP and the gateway speaks over a process's streams, so the process here carries lines to the address and back.
 */
import { PassThrough } from 'node:stream'
import process from 'node:process'
import { createForeignServers } from '#adapters/mcp'
import type { SandboxProcess } from '#ports'

const LIMIT_MS = 10_000
const url = process.argv.at(-1) ?? ''
const server = await createForeignServers({ version: '0.0.0-test' }).overProcess(relayTo(url), LIMIT_MS)
const offer = await server.offer(LIMIT_MS)
for (const { name, input_schema } of offer.tools) {
  const numbers = Object.keys((input_schema['properties'] ?? {}) as object).map(
    (key, index) => [key, index + 5] as const,
  )
  const answer = await server.call(name, Object.fromEntries(numbers), LIMIT_MS)
  process.stdout.write(`${name}: ${answer.text}\n`)
}
await server.close()

/** A process whose input is posted line by line and whose output is what comes back. */
function relayTo(address: string): SandboxProcess {
  const output = new PassThrough()
  const over = new AbortController()
  let session: string | undefined
  let done: () => void = () => undefined
  const ended = new Promise<void>((settle) => (done = settle))
  const post = async (line: string): Promise<void> => {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const known = session === undefined ? {} : { 'mcp-session-id': session }
    const response = await fetch(address, { method: 'POST', headers: { ...headers, ...known }, body: line })
    const isFirst = session === undefined
    session ??= response.headers.get('mcp-session-id') ?? undefined
    await forward(response, output)
    // What a server asks by itself comes over a stream of its own.
    if (isFirst && session !== undefined) listen(session)
  }
  const listen = (id: string): void => {
    const headers = { accept: 'text/event-stream', 'mcp-session-id': id }
    fetch(address, { headers, signal: over.signal })
      .then((response) => forward(response, output))
      .catch(() => undefined)
  }
  return {
    output,
    errors: () => '',
    write: async (bytes) => {
      // The answer comes as output, also while the server asks something in between.
      void post(String(bytes)).catch(() => output.end())
    },
    closeInput: () => undefined,
    ended: ended.then(() => ({ exit_code: 0, signal: null, ended_by: 'exit', duration_ms: 0 })),
    kill: async () => {
      over.abort()
      output.end()
      done()
    },
  }
}

async function forward(response: Response, output: PassThrough): Promise<void> {
  const isStream = response.headers.get('content-type')?.includes('event-stream') === true
  let held = ''
  for await (const chunk of response.body ?? []) {
    held += Buffer.from(chunk as Uint8Array).toString('utf8')
    if (!isStream) continue
    const lines = held.split('\n')
    held = lines.pop() ?? ''
    for (const line of lines) if (/^data: ?\{/.test(line)) output.write(`${line.replace(/^data: ?/, '')}\n`)
  }
  if (!isStream && held.trim() !== '') output.write(`${held.replaceAll('\n', ' ')}\n`)
}
