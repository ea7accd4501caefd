import { expect, it } from 'vitest'
import type { PackageTool } from '#ports'
import { compareVersions, isAffected, isMajorRaise, lowestVersion } from './compare-versions.ts'

it.each([
  [
    'npm',
    [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0',
      '1.0.1',
      '1.10.0',
      '2.0.0',
    ],
  ],
  ['go', ['v0.0.0-20200101000000-abcdef', 'v0.0.1', 'v1.2.3', 'v2.0.0+incompatible']],
  [
    'pip',
    [
      '1.dev0',
      '1.0.dev456',
      '1.0a1',
      '1.0a2.dev456',
      '1.0a12',
      '1.0b2.post345',
      '1.0rc1',
      '1.0',
      '1.0.post456.dev34',
      '1.0.post456',
      '1.0.15',
      '1.1.dev1',
      '1!0.1',
    ],
  ],
  [
    'maven',
    [
      '1.0-alpha-1',
      '1.0-beta-1',
      '1.0-milestone-1',
      '1.0-rc1',
      '1.0-SNAPSHOT',
      '1.0',
      '1.0-sp1',
      '1.0-jre',
      '1.0.1',
      '1.2',
      '1.10',
      '2',
    ],
  ],
] satisfies readonly (readonly [PackageTool, readonly string[]])[])(
  '%s versions stand in the order of their grammar',
  (tool, versions) => {
    for (const [at, version] of versions.entries())
      for (const [other, later] of versions.entries())
        expect(Math.sign(compareVersions(tool, version, later) ?? Number.NaN), `${version} ${later}`).toBe(
          Math.sign(at - other),
        )
  },
)

it('versions that are the same in two spellings are the same; what is none has no order', () => {
  expect([
    compareVersions('pip', '1.0', '1.0.0'),
    compareVersions('maven', '1.0', '1-ga'),
    compareVersions('npm', 'v1.0.0', '1.0.0+x'),
  ]).toEqual([0, 0, 0])
  expect([compareVersions('npm', 'x', '1.0.0'), compareVersions('pip', '1.0', 'two')]).toEqual([undefined, undefined])
})

it.each([
  ['^1.2.3', '1.2.3'],
  ['>=2,<3', '2'],
  ['<3', undefined],
  ['~> 1.4', '1.4'],
  ['[1.0,2.0)', '1.0'],
  ['1.x', '1.0'],
  ['*', undefined],
])('the lowest version of %s is %s', (range, lowest) => expect(lowestVersion(range)).toBe(lowest))

it('a raise is major by the first number, before 1.0 by the second where the ecosystem says so', () => {
  expect(isMajorRaise('npm', '1.9.0', '2.0.0')).toBe(true)
  expect(isMajorRaise('cargo', '0.1.0', '0.2.0')).toBe(true)
  expect([
    isMajorRaise('npm', '1.0.0', '1.9.0'),
    isMajorRaise('pip', '0.1', '0.2'),
    isMajorRaise('npm', '2.0.0', '1.0.0'),
  ]).toEqual([false, false, false])
})

it('an advisory speaks of versions in its ranges and of those it names; what cannot be compared is undecided', () => {
  const advisory = {
    id: 'x',
    summary: '',
    tool: 'npm',
    name: 'a',
    versions: ['9.9.9'],
    ranges: [
      { introduced: '1.0.0', fixed: '1.2.0' },
      { introduced: '2.0.0', last_affected: '2.1.0' },
    ],
  } as const
  expect(
    ['0.9.0', '1.0.0', '1.1.9', '1.2.0', '2.1.0', '2.1.1', '9.9.9'].map((version) => isAffected(advisory, version)),
  ).toEqual([false, true, true, false, true, false, true])
  expect(isAffected(advisory, 'main')).toBeUndefined()
})
