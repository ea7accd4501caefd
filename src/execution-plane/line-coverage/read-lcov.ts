import { HitCollector, type LineHits } from './line-hits.ts'

/** Reads an lcov trace file: `SF`, `DA` and `end_of_record`; every other line is passed over. */
export function readLcov(text: string): readonly LineHits[] {
  const found = new HitCollector()
  let path = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('SF:')) path = line.slice(3).trim()
    else if (line.startsWith('end_of_record')) path = ''
    else if (line.startsWith('DA:')) {
      const [at = '', count = ''] = line.slice(3).split(',')
      found.add(path, Number(at), Number(count) > 0)
    }
  }
  return found.all()
}
