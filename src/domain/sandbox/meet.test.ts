import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_SANDBOX_PROFILE, ISOLATION_CLASSES, isAtLeast, meet, type UnversionedProfile } from './index.ts'

const figure = fc.nat(100)
const words = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 })
const groups = fc.array(words, { maxLength: 3 })
const profile: fc.Arbitrary<UnversionedProfile> = fc.record({
  id: fc.constantFrom('one', 'two'),
  requires: fc.record({ isolation: fc.constantFrom(...ISOLATION_CLASSES), controls: words }),
  filesystem: fc.record({ writable_paths: groups, read_only_paths: words }),
  network: fc.record({ allowlist: words, ask: fc.boolean() }),
  secrets: fc.constant([]),
  resources: fc.record({
    cpus: figure,
    memory_bytes: figure,
    pids: figure,
    upper_bytes: figure,
    command_minutes: figure,
    run_minutes: figure,
  }),
  packages: fc.record({
    allow_download: fc.boolean(),
    use_locked_cache: fc.boolean(),
    install_scripts: fc.boolean(),
    budget: fc.record({ requests: figure, bytes: figure, misses: figure }),
  }),
  artifact_export: groups,
})
const covers = (paths: UnversionedProfile['artifact_export'], path: string) =>
  paths.length > 0 && paths.every((group) => group.includes(path))

describe('two profiles that meet', () => {
  it('allow nothing that either of them refuses', () => {
    fc.assert(
      fc.property(profile, profile, (one, other) => {
        const both = meet(one, other)
        for (const part of [one, other]) {
          expect(isAtLeast(both.requires.isolation, part.requires.isolation)).toBe(true)
          expect(both.requires.controls).toEqual(expect.arrayContaining([...part.requires.controls]))
          expect(part.network.allowlist).toEqual(expect.arrayContaining([...both.network.allowlist]))
          expect(both.filesystem.read_only_paths).toEqual(expect.arrayContaining([...part.filesystem.read_only_paths]))
          for (const path of ['a', 'b', 'c', 'd']) {
            if (covers(both.filesystem.writable_paths, path))
              expect(covers(part.filesystem.writable_paths, path)).toBe(true)
            if (covers(both.artifact_export, path)) expect(covers(part.artifact_export, path)).toBe(true)
          }
          const may = [both.network.ask, both.packages.allow_download, both.packages.install_scripts]
          const mayPart = [part.network.ask, part.packages.allow_download, part.packages.install_scripts]
          may.forEach((allowed, at) => expect(!allowed || mayPart[at] === true).toBe(true))
          for (const [name, met] of Object.entries(both.resources))
            expect(met).toBeLessThanOrEqual(Object.entries(part.resources).find(([key]) => key === name)?.[1] ?? -1)
          for (const [name, met] of Object.entries(both.packages.budget))
            expect(met).toBeLessThanOrEqual(
              Object.entries(part.packages.budget).find(([key]) => key === name)?.[1] ?? -1,
            )
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('are the same profile again where they are equal', () => {
    expect(meet(DEFAULT_SANDBOX_PROFILE, DEFAULT_SANDBOX_PROFILE)).toEqual(DEFAULT_SANDBOX_PROFILE)
  })
})
