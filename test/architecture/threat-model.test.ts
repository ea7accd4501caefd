import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ATTACKS } from '../security/evil-model/attacks.ts'

const PAGE = join(import.meta.dirname, '../../docs/guides/threat-model.md')

describe('the threat model page', () => {
  const text = readFileSync(PAGE, 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('|') && line.includes('.test.ts'))
  const named = new Set(text.match(/\b(?:FS|GIT|NET|PR|PI|TL|MC|SE|SU)-\d{2}\b/g))

  it('links each claim to tests that exist', () => {
    expect(rows.length).toBeGreaterThan(10)
    for (const row of rows)
      for (const [, path] of row.matchAll(/\]\(([^)]+)\)/g))
        expect(existsSync(join(dirname(PAGE), path ?? '')), path).toBe(true)
  })

  it('names only cases of the catalogue, each in a test of its row', () => {
    for (const row of rows) {
      const tests = [...row.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) =>
        readFileSync(join(dirname(PAGE), path ?? ''), 'utf8'),
      )
      for (const id of row.match(/\b[A-Z]{2,3}-\d{2}\b/g) ?? [])
        expect(
          tests.some((test) => test.includes(id)),
          id,
        ).toBe(true)
    }
    const known = new Set(ATTACKS.map(({ id }) => id))
    expect([...named].filter((id) => !known.has(id))).toEqual([])
  })
})
