/**
 * `node bench/log-summary.ts FOLDER [--folds 5] [--megabytes 300]`: how many of the marked lines of annotated logs are
 * shown, how fast a long log is read beside what counting its lines takes, and the memory it takes.
 */
import { Buffer } from 'node:buffer'
import { parseArgs } from 'node:util'
import { LogKeeper, summariseText } from '#execution-plane/log-summary'
import { readCorpusOrExplain, type AnnotatedLog } from './log-summary-corpus.ts'
import { crossValidated } from './log-summary-folds.ts'
import { readLog } from './log-summary-lessons.ts'

const PIECE = 256 * 1024
const NEWLINE = 10

/** Megabytes a second of processor time: other work on the machine must not count. */
function speedOf(megabytes: number, pieces: readonly Buffer[], act: (piece: Buffer) => void): number {
  const before = process.cpuUsage()
  for (let done = 0; done < megabytes * 1e6; )
    for (const piece of pieces) {
      act(piece)
      done += piece.length
    }
  const { user, system } = process.cpuUsage(before)
  return megabytes / ((user + system) / 1e6)
}

function cut(logs: readonly AnnotatedLog[]): readonly Buffer[] {
  const all = Buffer.concat(logs.map(({ text }) => Buffer.from(text)))
  return Array.from({ length: Math.ceil(all.length / PIECE) }, (_, at) => all.subarray(at * PIECE, (at + 1) * PIECE))
}

function countLines(piece: Buffer): number {
  let count = 0
  for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, at + 1)) count++
  return count
}

function speeds(logs: readonly AnnotatedLog[], megabytes: number): readonly string[] {
  const pieces = cut(logs)
  speedOf(20, pieces, (piece) => new LogKeeper().push(piece))
  const floor = speedOf(megabytes, pieces, (piece) => void countLines(piece))
  const keeper = new LogKeeper()
  const read = speedOf(megabytes, pieces, (piece) => keeper.push(piece))
  const kept = keeper.end()
  const before = process.cpuUsage()
  summariseText(kept.lines.map(({ raw }) => raw).join('\n'), 50)
  const { user, system } = process.cpuUsage(before)
  return [
    `counting lines (floor)   ${floor.toFixed(0)} MB/s of processor time`,
    `reading for a summary    ${read.toFixed(0)} MB/s, ${(read / floor).toFixed(2)} of the floor`,
    `choosing at the end      ${((user + system) / 1e3).toFixed(0)} ms for ${kept.lines.length} kept lines`,
    `most memory of this run  ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, the logs themselves included`,
  ]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { folds: { type: 'string', default: '5' }, megabytes: { type: 'string', default: '300' } },
})
const logs = await readCorpusOrExplain(positionals[0])
for (const line of speeds(logs, Number(values.megabytes))) console.log(line)
if (Number(values.folds) > 1)
  console.log(
    crossValidated(
      logs.map((log) => readLog(log)),
      Number(values.folds),
    ),
  )
