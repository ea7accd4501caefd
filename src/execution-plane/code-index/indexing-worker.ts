import { parentPort } from 'node:worker_threads'
import { readBlob, type BlobToIndex } from './index-blob.ts'
import { SegmentBuilder } from './segment-builder.ts'

/** What a thread is told: blobs to add, or, by null, to end. */
export type ToThread = readonly BlobToIndex[] | null
/** What it tells: a whole segment, that it has added what it was given, or that it has ended. */
export type FromThread = { readonly segment: Uint8Array } | 'added' | 'ended'

/** Text in one segment. A builder takes some ten times the memory of its text; a segment takes a third. */
const TEXT_IN_SEGMENT = 6_000_000

const port = parentPort
let builder = new SegmentBuilder()
let turn = Promise.resolve()

const say = (told: FromThread): void => port?.postMessage(told)

function hand(): void {
  if (builder.documents === 0) return
  const segment = builder.pack()
  builder = new SegmentBuilder()
  port?.postMessage({ segment } satisfies FromThread, [segment.buffer as ArrayBuffer])
}

async function take(told: ToThread): Promise<void> {
  for (const blob of told ?? []) builder.add(await readBlob(blob))
  if (told === null || builder.text_bytes > TEXT_IN_SEGMENT) hand()
  say(told === null ? 'ended' : 'added')
}

port?.on('message', (told: ToThread) => {
  turn = turn.then(() => take(told))
})
