import { z } from 'zod'
import { HitCollector, type LineHits } from './line-hits.ts'

const record = z.record(z.string(), z.object({ executable: z.array(z.int()), hit: z.array(z.int()) }))
const ROOT = '/workspace/'

/** Reads what the platform's tracer wrote for several processes. */
export function readPython(texts: readonly string[]): readonly LineHits[] {
  const found = new HitCollector()
  for (const text of texts)
    for (const [name, lines] of Object.entries(parsed(text))) {
      if (!name.startsWith(ROOT)) continue
      const hit = new Set(lines.hit)
      for (const line of lines.executable) found.add(name.slice(ROOT.length), line, hit.has(line))
    }
  return found.all()
}

function parsed(text: string): z.infer<typeof record> {
  try {
    return record.safeParse(JSON.parse(text)).data ?? {}
  } catch {
    return {}
  }
}
