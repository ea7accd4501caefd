import type { ConventionMap } from '#ports'
import { count, mostFirst, push } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'

type Indentation = ConventionMap['indentation'][number]

/** Files of one language that are measured, spread evenly over its paths. */
const SAMPLE = 24
const MOST_LANGUAGES = 6
const FEWEST_LINES = 20
const NOT_MEASURED: ReadonlySet<string> = new Set(['HTML', 'SQL', 'Vue', 'Svelte'])

/** What lines begin with and how long they are, measured on some files of each language. */
export async function indentationOf(ground: Ground): Promise<readonly Indentation[]> {
  const by_language = new Map<string, string[]>()
  for (const { path, language = '', lines } of ground.code)
    if (lines >= FEWEST_LINES && !NOT_MEASURED.has(language)) push(by_language, language, path)
  const most = [...by_language]
    .sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_LANGUAGES)
  return (await Promise.all(most.map(([language, paths]) => measured(ground, language, spread(paths))))).flat()
}

const spread = (paths: readonly string[]): readonly string[] =>
  paths.filter((_, at) => at % Math.ceil(paths.length / SAMPLE) === 0)

async function measured(ground: Ground, language: string, paths: readonly string[]): Promise<readonly Indentation[]> {
  const styles = new Map<string, number>()
  const lengths: number[] = []
  for (const [, text] of await ground.texts(paths)) {
    const lines = text.slice(0, 60_000).split('\n')
    const style = styleOf(lines)
    if (style !== undefined) count(styles, style)
    for (const line of lines) if (line.trim() !== '') lengths.push(line.trimEnd().length)
  }
  const files = [...styles.values()].reduce((sum, each) => sum + each, 0)
  const [best] = mostFirst(styles)
  if (best === undefined) return []
  lengths.sort((a, b) => a - b)
  const [style, number] = best
  const tabs = style === 'tabs'
  return [
    {
      language,
      style: tabs ? 'tabs' : 'spaces',
      width: tabs ? null : Number(style),
      share: Math.round((number / files) * 100) / 100,
      files,
      line_length: lengths[Math.floor(lengths.length * 0.9)] ?? 0,
    },
  ]
}

/** The step by which lines go in: `tabs`, or a number of spaces; undefined where too few do. */
function styleOf(lines: readonly string[]): string | undefined {
  const steps = new Map<string, number>()
  let before = 0
  for (const line of lines) {
    const blank = /^[ \t]*/.exec(line)?.[0] ?? ''
    if (blank.length === line.length || /^[ \t]+\*/.test(line)) continue
    if (blank.startsWith('\t')) count(steps, 'tabs')
    const step = blank.length - before
    if (!blank.startsWith('\t') && step > 1 && step <= 8) count(steps, String(step))
    before = blank.startsWith('\t') ? 0 : blank.length
  }
  const [best] = mostFirst(steps)
  return best === undefined || best[1] < 3 ? undefined : best[0]
}
