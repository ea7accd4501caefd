import { parentPort } from 'node:worker_threads'
import { readBlob, type BlobToIndex } from './index-blob.ts'
import { SegmentBuilder } from './segment-builder.ts'

/** What a thread is told: blobs to add, or, by null, to pack what it has. */
export type ToThread = readonly BlobToIndex[] | null
/** What it tells: how many blobs it has added, or a whole segment. */
export type FromThread = { readonly added: number } | { readonly segment: Uint8Array }

const port = parentPort
let builder = new SegmentBuilder()
let turn = Promise.resolve()

async function take(told: ToThread): Promise<void> {
  if (told === null) {
    const segment = builder.pack()
    builder = new SegmentBuilder()
    port?.postMessage({ segment } satisfies FromThread, [segment.buffer as ArrayBuffer])
    return
  }
  for (const blob of told) builder.add(await readBlob(blob))
  port?.postMessage({ added: told.length } satisfies FromThread)
}

port?.on('message', (told: ToThread) => {
  turn = turn.then(() => take(told))
})
