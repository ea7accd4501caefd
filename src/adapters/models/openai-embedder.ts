import type { Embedder } from '#ports'
import { isLoopbackUrl } from './loopback.ts'

/** Where vectors are made, in the form that OpenAI, Ollama, vLLM, llama.cpp and others speak: `POST {url}/embeddings`. */
export interface EmbedderAddress {
  /** Up to the version, such as `http://127.0.0.1:11434/v1`. */
  readonly url: string
  readonly model: string
  readonly key: string | undefined
}

const TEXTS_AT_ONCE = 32
const TIMEOUT_MS = 20_000
const MOST_BYTES = 64 * 1024 ** 2
const WIDEST_VECTOR = 16_384

/** Asks an embedding model. What it says is checked as any stranger's: count, width and numbers. */
export function createEmbedder({ url, model, key }: EmbedderAddress, fetch = globalThis.fetch): Embedder {
  if (model === '') throw new Error('GANDER_EMBEDDINGS_MODEL names no model')
  const address = addressOf(url)
  return {
    name: `${model} at ${address.host}`,
    embed: async (texts) => {
      const vectors: Float32Array[] = []
      for (let at = 0; at < texts.length; at += TEXTS_AT_ONCE) {
        const input = texts.slice(at, at + TEXTS_AT_ONCE)
        const answer = await ask(fetch, address, { key, body: { model, input, encoding_format: 'float' } })
        vectors.push(...vectorsIn(answer, input.length))
      }
      return vectors
    },
  }
}

function addressOf(url: string): URL {
  if (!URL.canParse(url)) throw new Error(`GANDER_EMBEDDINGS_URL is no address: ${JSON.stringify(url)}`)
  const address = new URL(`${url.replace(/\/+$/, '')}/embeddings`)
  if (address.protocol !== 'https:' && !isLoopbackUrl(address.href))
    throw new Error(`${address.host} is another machine and must be reached by https`)
  return address
}

interface Question {
  readonly key: string | undefined
  readonly body: unknown
}

async function ask(fetch: typeof globalThis.fetch, address: URL, { key, body }: Question): Promise<unknown> {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    const is_late = error instanceof Error && error.name === 'TimeoutError'
    throw new Error(`${address.host} ${is_late ? 'took too long' : 'cannot be reached'}`)
  })
  if (!response.ok) throw new Error(`${address.host} answered ${response.status}`)
  return JSON.parse(await textOf(response, address.host))
}

async function textOf(response: Response, host: string): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body ?? []) {
    length += piece.length
    if (length > MOST_BYTES) throw new Error(`${host} answered with more than ${MOST_BYTES} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Vectors stand under their index, which need not be their order. */
function vectorsIn(answer: unknown, count: number): readonly Float32Array[] {
  const listed = (answer as { readonly data?: unknown } | null)?.data
  if (!Array.isArray(listed) || listed.length !== count) throw new Error(`it gave no ${count} vectors`)
  const vectors = Array.from({ length: count }, (): Float32Array | undefined => undefined)
  for (const [at, one] of listed.entries()) {
    const { index = at, embedding } = (one ?? {}) as { readonly index?: unknown; readonly embedding?: unknown }
    if (typeof index === 'number' && index in vectors && vectors[index] === undefined) vectors[index] = unit(embedding)
  }
  const found = vectors.filter((vector) => vector !== undefined)
  if (found.length !== count || found.some(({ length }) => length !== found[0]?.length))
    throw new Error('its vectors are not of one kind')
  return found
}

function unit(given: unknown): Float32Array | undefined {
  if (!Array.isArray(given) || given.length === 0 || given.length > WIDEST_VECTOR) return undefined
  const vector = Float32Array.from(given, (value) => (typeof value === 'number' ? value : Number.NaN))
  const length = Math.hypot(...vector)
  return Number.isFinite(length) && length > 0 ? vector.map((value) => value / length) : undefined
}
