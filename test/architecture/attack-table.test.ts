import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ATTACKS } from '../security/evil-model/attacks.ts'
import { attackTable, CASE_ID, seenOf } from '../support/attack-table.ts'

const FOLDER = join(import.meta.dirname, '../security')

/** Cases that stand inside a string of a test of the security project; comments do not count. */
const tested = new Set(
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('attacks.ts'))
    .flatMap((path) => readFileSync(join(FOLDER, path), 'utf8').match(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g) ?? [])
    .flatMap((text) => text.match(CASE_ID) ?? []),
)

describe('the catalogue of attacks', () => {
  it('has every case once', () => {
    const families: Record<string, number> = {}
    for (const { id } of ATTACKS) {
      const family = id.split('-')[0] ?? ''
      families[family] = (families[family] ?? 0) + 1
    }
    expect(families).toEqual({
      FS: 11,
      GIT: 13,
      NET: 10,
      PR: 9,
      PI: 8,
      TL: 6,
      MC: 7,
      SE: 8,
      SU: 5,
      AU: 7,
      TE: 8,
      TI: 4,
      AP: 6,
      PO: 7,
      KI: 4,
    })
    expect(new Set(ATTACKS.map(({ id }) => id)).size).toBe(ATTACKS.length)
  })

  it('has a test for each case, or names the part that has to be built first', () => {
    expect(ATTACKS.filter(({ id, built_by }) => built_by === undefined && !tested.has(id)).map(({ id }) => id)).toEqual(
      [],
    )
  })

  it('names no part for a case that has a test, and knows every case that a title names', () => {
    expect(ATTACKS.filter(({ id, built_by }) => built_by !== undefined && tested.has(id)).map(({ id }) => id)).toEqual(
      [],
    )
    expect([...tested].filter((id) => !ATTACKS.some((attack) => attack.id === id))).toEqual([])
  })
})

describe('the table of attacks', () => {
  const attacks = [
    { id: 'FS-01', what: 'one' },
    { id: 'FS-02', what: 'two' },
    { id: 'SE-06', what: 'three', built_by: 'the broker' },
    { id: 'SU-02', what: 'four', owed: 'age, by the gate' },
  ]
  const table = (...seen: readonly (readonly [string, 'passed' | 'failed' | 'skipped' | 'pending'])[]) =>
    attackTable(
      seen.flatMap(([title, state]) => seenOf(title, state)),
      attacks,
    )

  it('counts a case as escaped where one of its tests failed or did not end, on any driver', () => {
    const lines = table(['on bubblewrap > FS-01', 'passed'], ['on docker > FS-01', 'failed'], ['FS-02', 'pending'])
    expect(lines.at(-1)).toBe('0 contained, 2 escaped, 2 skipped')
    expect(lines).toContain('FS-01   bubblewrap contained one')
    expect(lines).toContain('FS-01   docker     escaped   one')
  })

  it('prints why a case was skipped and what is still owed, and takes every identifier of a title', () => {
    const lines = table(['on docker (no engine) > FS-01 FS-02', 'skipped'], ['SU-02 SU-02', 'passed'])
    expect(lines).toEqual([
      'FS-01   docker     skipped   one   no engine',
      'FS-02   docker     skipped   two   no engine',
      'SE-06   -          skipped   three skipped: built by the broker',
      'SU-02   any        contained four  owed: age, by the gate',
      '',
      '1 contained, 0 escaped, 3 skipped',
    ])
  })
})
