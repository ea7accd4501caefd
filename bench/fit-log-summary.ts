/**
 * `node bench/fit-log-summary.ts FOLDER [--folds 5] [--write | --check]`: how well lines are chosen in repositories that
 * were not learnt from, and, with --write, the trees of all of them as the summariser's own; --check says whether the
 * summariser's own are those very bytes.
 */
import { Buffer } from 'node:buffer'
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Forest } from '#execution-plane/log-summary'
import { crossValidated } from './log-summary-folds.ts'
import { readCorpusOrExplain } from './log-summary-corpus.ts'
import { learn, readLog, seeded } from './log-summary-lessons.ts'

const FILE = new URL('../src/execution-plane/log-summary/line-forest.json', import.meta.url)
const text = (values: ArrayBufferView): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')

const asJson = ({ roots, feature, threshold, left }: Forest): string =>
  `${JSON.stringify({ roots: text(roots), feature: text(feature), threshold: text(threshold), left: text(left) }, undefined, 2)}\n`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const logs = (await readCorpusOrExplain(positionals[0])).map((log) => readLog(log))
if (Number(values.folds) > 1) console.log(crossValidated(logs, Number(values.folds)))
if (values.write || values.check) {
  const learnt = asJson(learn(logs, seeded(1)))
  if (values.write) await writeFile(FILE, learnt)
  const same = learnt === (await readFile(FILE, 'utf8'))
  console.log(
    `src/execution-plane/log-summary/line-forest.json ${same ? 'holds the trees learnt here' : 'holds other trees'}`,
  )
  if (!same) process.exitCode = 1
}
