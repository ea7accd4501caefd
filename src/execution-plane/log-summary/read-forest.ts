import { Buffer } from 'node:buffer'
import type { Forest } from './forest.ts'
import learnt from './line-forest.json' with { type: 'json' }

const bytesOf = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text, 'base64')).buffer

/** The trees learnt by `bench/fit-log-summary.ts`. */
export function readForest(): Forest {
  return {
    roots: new Int32Array(bytesOf(learnt.roots)),
    feature: new Int16Array(bytesOf(learnt.feature)),
    threshold: new Float32Array(bytesOf(learnt.threshold)),
    left: new Int32Array(bytesOf(learnt.left)),
  }
}
