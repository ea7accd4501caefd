import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { VARIABLES } from '#cli'
import { referencePages } from '../../scripts/reference-pages.ts'

describe('the reference', () => {
  test.each(Object.entries(referencePages()))('%s is what its source says (npm run reference)', (name, text) => {
    expect(readFileSync(`docs/reference/${name}`, 'utf8')).toBe(text)
  })

  test('names every variable of Gander that the source reads', () => {
    const source = globSync('src/**/*.ts').filter((path) => !path.endsWith('.test.ts'))
    const read = source.flatMap((path) => [
      ...readFileSync(path, 'utf8').matchAll(/\benv\['(GANDER_[A-Z_]+|DATABASE_URL)'\]/g),
    ])
    const known = new Set(VARIABLES.map(({ name }) => name))
    expect(read.length).toBeGreaterThan(0)
    expect(read.map((match) => match[1] ?? '').filter((name) => !known.has(name))).toEqual([])
  })
})
