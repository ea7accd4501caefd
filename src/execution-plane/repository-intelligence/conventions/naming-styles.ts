import type { ConventionMap } from '#ports'
import { count, mostFirst } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { stemOf } from '../ground/path-parts.ts'

const FEWEST = 5
const SINGLE = /^[a-z][a-z0-9]*$/

/** How names are written, by language and kind of symbol; a name of one word says nothing between styles. */
export async function namingOf(ground: Ground): Promise<ConventionMap['naming']> {
  const styles = new Map<string, Map<string, number>>()
  const learn = (language: string, kind: string, name: string): void => {
    const style = styleOf(name)
    if (style === undefined) return
    const key = `${language}\0${kind}`
    const known = styles.get(key) ?? new Map<string, number>()
    styles.set(key, known)
    count(known, style)
  }
  await inTurns(ground.code, ({ path, language = '' }) => {
    learn(language, 'file', stemOf(path).replace(/\.[a-z]+$/, ''))
    for (const { name, kind } of ground.symbolsOf(path)) learn(language, kind, name)
  })
  return [...styles]
    .flatMap(([key, counts]) => {
      const [language = '', kind = ''] = key.split('\0')
      const symbols = [...counts.values()].reduce((sum, each) => sum + each, 0)
      const [style, number] = mostFirst(counts)[0] ?? ['', 0]
      return symbols < FEWEST
        ? []
        : [{ language, kind, style, share: Math.round((number / symbols) * 100) / 100, symbols }]
    })
    .sort((a, b) => b.symbols - a.symbols || (a.language + a.kind < b.language + b.kind ? -1 : 1))
}

/** The style a name is in; undefined for one that is the same in several. */
function styleOf(name: string): string | undefined {
  const plain = name.replace(/^[_$]+|[_$]+$/g, '')
  if (plain.length < 2 || SINGLE.test(plain)) return undefined
  if (/^[a-z0-9]+(_[a-z0-9]+)+$/.test(plain)) return 'snake_case'
  if (/^[a-z0-9]+(-[a-z0-9]+)+$/.test(plain)) return 'kebab-case'
  if (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(plain)) return 'UPPER_CASE'
  if (/^[a-z][a-zA-Z0-9]*$/.test(plain)) return 'camelCase'
  return /^[A-Z][a-zA-Z0-9]*$/.test(plain) ? 'PascalCase' : undefined
}
