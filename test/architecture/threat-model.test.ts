import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ATTACKS } from '../security/evil-model/attacks.ts'
import { CASE_ID } from '../support/attack-table.ts'

const PAGE = join(import.meta.dirname, '../../docs/guides/threat-model.md')

describe('the threat model page', () => {
  const text = readFileSync(PAGE, 'utf8')
  /** A claim, its cases and its links. */
  const claims = text.split(/\n(?=- |\n)/).filter((block) => block.startsWith('- **'))
  const linked = (claim: string) =>
    [...claim.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => join(dirname(PAGE), path ?? ''))
  const cases = (claim: string): readonly string[] => claim.match(CASE_ID) ?? []

  it('links each claim to tests that exist', () => {
    expect(claims.length).toBeGreaterThan(15)
    for (const claim of claims) {
      expect(linked(claim).filter((path) => path.endsWith('.test.ts')).length, claim).toBeGreaterThan(0)
      for (const path of linked(claim)) expect(existsSync(path), path).toBe(true)
    }
  })

  it('names each case beside a link to a test that has it', () => {
    for (const claim of claims) {
      const tests = linked(claim).map((path) => readFileSync(path, 'utf8'))
      expect(cases(claim).filter((id) => !tests.some((test) => test.includes(id)))).toEqual([])
    }
  })

  it('claims every case of the catalogue that has a test, once, and no other', () => {
    const tested = ATTACKS.filter(({ built_by }) => built_by === undefined).map(({ id }) => id)
    expect(claims.flatMap(cases).toSorted()).toEqual(tested.toSorted())
  })
})
