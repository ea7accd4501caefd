import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const page = readFileSync('docs/reference/failures.md', 'utf8')
const rows = [...page.matchAll(/^\| ([^|]+) \| [^|]+ \| `([^`]+)` ([^|]+) \|$/gm)].map(
  ([, failure = '', file = '', title = '']) => [failure, file, title] as const,
)

it('the failure table has every failure of both catalogues, each once', () => {
  expect(rows).toHaveLength(27)
  expect(new Set(rows.map(([failure]) => failure)).size).toBe(rows.length)
})

it.each(rows)('%s is seen in a test that is there', (_, file, title) => {
  expect(readFileSync(file, 'utf8')).toContain(title.trim())
})
