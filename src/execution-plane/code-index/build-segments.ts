import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { SyntaxLanguage } from '#syntax'
import { readBlob, type BlobToIndex } from './index-blob.ts'
import type { FromThread, ToThread } from './indexing-worker.ts'
import { SegmentBuilder } from './segment-builder.ts'

/** A blob that the index does not know yet. */
export interface WantedBlob {
  readonly blob: string
  readonly bytes: number
  readonly language: SyntaxLanguage | undefined
}

type Read = (blob: string) => Promise<Uint8Array | undefined>

/** Up to so much is indexed on the spot: starting a thread and its grammars costs some 80 ms, this a few. */
const ON_THE_SPOT = 200_000
/** Bytes handed to a thread at once, and how many such batches it may have waiting. */
const BATCH = 256_000
const BATCHES_WAITING = 2
const MOST_THREADS = 4
/** A thread needs some 150 MB; with no limit it would rather take more than look for what it no longer needs. */
const MOST_HEAP_MB = 300

/**
 * Makes segments of blobs that are not known yet. Much work is shared among threads, so that nobody who waits for this
 * process notices; each gives a segment of its own. What cannot be read is left out.
 */
export async function buildSegments(wanted: readonly WantedBlob[], read: Read): Promise<readonly Uint8Array[]> {
  const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0)
  if (wanted.length === 0) return []
  return total <= ON_THE_SPOT ? onTheSpot(wanted, read) : inThreads(wanted, read)
}

async function onTheSpot(wanted: readonly WantedBlob[], read: Read): Promise<readonly Uint8Array[]> {
  const builder = new SegmentBuilder()
  const contents = await Promise.all(wanted.map(({ blob }) => read(blob)))
  for (const [at, { blob, language }] of wanted.entries()) {
    const bytes = contents[at]
    if (bytes !== undefined) builder.add(await readBlob({ blob, language, bytes }))
  }
  return builder.documents === 0 ? [] : [builder.pack()]
}

async function inThreads(wanted: readonly WantedBlob[], read: Read): Promise<readonly Uint8Array[]> {
  const threads = Array.from({ length: Math.min(MOST_THREADS, Math.max(1, availableParallelism())) }, openThread)
  try {
    const batches = batchesOf(wanted)[Symbol.iterator]()
    const feed = async (thread: IndexingThread): Promise<readonly Uint8Array[]> => {
      for (let next = batches.next(); next.done !== true; next = batches.next())
        await thread.add(await contentsOf(next.value, read))
      return thread.end()
    }
    return (await Promise.all(threads.map(feed))).flat()
  } finally {
    await Promise.all(threads.map((thread) => thread.close()))
  }
}

function* batchesOf(wanted: readonly WantedBlob[]): Generator<readonly WantedBlob[], void> {
  let batch: WantedBlob[] = []
  let bytes = 0
  for (const blob of wanted) {
    batch.push(blob)
    bytes += blob.bytes
    if (bytes < BATCH) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

async function contentsOf(batch: readonly WantedBlob[], read: Read): Promise<readonly BlobToIndex[]> {
  const contents = await Promise.all(batch.map(({ blob }) => read(blob)))
  return batch.flatMap(({ blob, language }, at) => {
    const bytes = contents[at]
    return bytes === undefined ? [] : [{ blob, language, bytes: Uint8Array.from(bytes) }]
  })
}

interface IndexingThread {
  /** Resolves as soon as there is room for more. */
  add(blobs: readonly BlobToIndex[]): Promise<void>
  /** The segments of all that was added. */
  end(): Promise<readonly Uint8Array[]>
  close(): Promise<unknown>
}

function openThread(): IndexingThread {
  const thread = new Worker(new URL('./indexing-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
  })
  const segments: Uint8Array[] = []
  let waiting = 0
  let ended = false
  let failure: Error | undefined
  let wake: () => void = () => undefined
  thread.on('message', (told: FromThread) => {
    if (told === 'added') waiting -= 1
    else if (told === 'ended') ended = true
    else segments.push(told.segment)
    wake()
  })
  thread.on('error', (error) => {
    failure = error instanceof Error ? error : new Error(String(error))
    wake()
  })
  thread.on('exit', () => {
    failure ??= new Error('A thread of the code index ended before its work did.')
    wake()
  })
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      if (failure !== undefined) throw failure
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const tell = (told: ToThread): void => {
    thread.postMessage(told, told === null ? [] : told.map(({ bytes }) => bytes.buffer as ArrayBuffer))
  }
  return {
    async add(blobs) {
      waiting += 1
      tell(blobs)
      await until(() => waiting < BATCHES_WAITING)
    },
    async end() {
      tell(null)
      await until(() => ended)
      return segments
    },
    close: () => thread.terminate(),
  }
}
