import { z } from 'zod'
import type { LineHits } from './line-hits.ts'

const range = z.object({ startOffset: z.number(), endOffset: z.number(), count: z.number() })
const record = z.object({
  result: z.array(
    z.object({
      url: z.string(),
      functions: z.array(z.object({ ranges: z.array(range).min(1), isBlockCoverage: z.boolean() })),
    }),
  ),
})

/** Where the tree lies inside a sandbox. */
const ROOT = 'file:///workspace/'

/**
 * Reads what V8 wrote for several processes. Offsets count in the source as it is on disk, which holds for JavaScript
 * and for types that Node strips; a line is reached when any part of it that is code was run by one of the processes.
 */
export function readV8(texts: readonly string[], source: (path: string) => string | undefined): readonly LineHits[] {
  const files = new Map<string, { readonly executable: Set<number>; readonly hit: Set<number> }>()
  for (const text of texts)
    for (const { url, functions } of parsed(text)) {
      if (!url.startsWith(ROOT) || url.includes('/node_modules/')) continue
      const path = decoded(url.slice(ROOT.length))
      const whole = path === undefined ? undefined : source(path)
      if (path === undefined || whole === undefined) continue
      let file = files.get(path)
      if (file === undefined) files.set(path, (file = { executable: executableLines(whole), hit: new Set() }))
      for (const line of reached(whole, functions)) if (file.executable.has(line)) file.hit.add(line)
    }
  return [...files].map(([path, lines]) => ({ path, ...lines }))
}

function parsed(text: string): z.infer<typeof record>['result'] {
  try {
    return record.safeParse(JSON.parse(text)).data?.result ?? []
  } catch {
    return []
  }
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path.replace(/[?#].*$/, ''))
  } catch {
    return undefined
  }
}

/** Lines with something to run: not blank, not a comment alone, not closing brackets alone. */
function executableLines(source: string): Set<number> {
  const found = new Set<number>()
  let comment = false
  for (const [at, whole] of source.split('\n').entries()) {
    let line = whole.trim()
    if (comment) {
      const end = line.indexOf('*/')
      if (end === -1) continue
      line = line.slice(end + 2).trim()
      comment = false
    }
    if (line.startsWith('/*') && !line.includes('*/')) comment = true
    if (!/^(?:$|\/\/|\/\*|[{}()[\];,]+$|import\b|export (?:type|interface|\*)|(?:type|interface) \w)/.test(line))
      found.add(at + 1)
  }
  return found
}

type Functions = z.infer<typeof record>['result'][number]['functions']

/** Lines of which not all was skipped: the innermost range around a place tells how often it was run. */
function reached(source: string, functions: Functions): ReadonlySet<number> {
  const skipped = new Uint8Array(source.length)
  const ranges = functions.flatMap((one) => one.ranges)
  // Outer ranges first, so that inner ones have the last word.
  ranges.sort((one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset)
  for (const { startOffset, endOffset, count } of ranges)
    skipped.fill(count === 0 ? 1 : 0, Math.max(0, startOffset), Math.min(source.length, endOffset))
  const found = new Set<number>()
  let from = 0
  for (const [at, line] of source.split('\n').entries()) {
    // The word in front of a function is run when its module is, whether or not the function ever is.
    const code = from + (/^\s*(?:export\s+)?(?:default\s+)?/.exec(line)?.[0].length ?? 0)
    for (let place = code; place < from + line.length; place++)
      if (source.charCodeAt(place) > 32 && skipped[place] === 0) {
        found.add(at + 1)
        break
      }
    from += line.length + 1
  }
  return found
}
