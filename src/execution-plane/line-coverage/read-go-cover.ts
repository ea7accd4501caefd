import { HitCollector, type LineHits } from './line-hits.ts'

/** Reads a Go cover profile; a block counts for each of its lines but the last brace. */
export function readGoCover(text: string): readonly LineHits[] {
  const found = new HitCollector()
  for (const line of text.split('\n')) {
    const block = /^(.+\.go):(\d+)\.\d+,(\d+)\.(\d+) \d+ (\d+)$/.exec(line.trim())
    if (block === null) continue
    const [, path = '', from = '', to = '', column = '', count = ''] = block
    const last = Number(column) <= 2 ? Number(to) - 1 : Number(to)
    // A block of more lines than any function has is no block.
    for (let at = Number(from); at <= Math.max(last, Number(from)) && at - Number(from) < 10_000; at++)
      found.add(path, at, Number(count) > 0)
  }
  return found.all()
}
