import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

const ROOT = join(import.meta.dirname, '../..')
const read = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), 'utf8'))

const Named = z.record(z.string(), z.string()).default({})
const Manifest = z.object({
  dependencies: Named,
  devDependencies: Named,
  optionalDependencies: Named,
  allowScripts: z.record(z.string(), z.unknown()).default({}),
})
const names = z.union([z.array(z.string()), z.string().transform((name) => [name])]).default([])
const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      optional: z.boolean().optional(),
      os: names,
      cpu: names,
      libc: names,
    }),
  ),
})

type Locked = z.infer<typeof Lockfile>['packages'][string]

/** Builds for systems that Gander does not run on stand in the lockfile by name alone, and are never installed here. */
const isForeign = ({ optional, os, cpu, libc }: Locked): boolean =>
  optional === true &&
  os.length > 0 &&
  !(
    os.includes('linux') &&
    !libc.includes('musl') &&
    (cpu.length === 0 || cpu.includes('x64') || cpu.includes('arm64'))
  )

/** What is wrong with a lockfile's entries, one line each. */
function defects({ packages }: z.infer<typeof Lockfile>): readonly string[] {
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .flatMap(([path, entry]) => [
      ...(/^sha512-[A-Za-z0-9+/]{86}==$/.test(entry.integrity ?? '') || isForeign(entry) ? [] : [`${path}: no sha512`]),
      ...(entry.resolved === undefined ? [] : [`${path}: from ${entry.resolved}`]),
    ])
}

describe("the platform's own dependencies", () => {
  const manifest = Manifest.parse(read('package.json'))
  const named = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }

  it('SU-08 are pinned to exact versions, and none may run a script when it is installed', () => {
    expect(
      Object.entries(named).filter(([, version]) => !/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)),
    ).toEqual([])
    expect(Object.values(manifest.allowScripts).filter(Boolean)).toEqual([])
  })

  it('SU-08 are taken by their hash alone, from whatever registry the machine is configured to use', () => {
    const lockfile = Lockfile.parse(read('package-lock.json'))
    expect(Object.keys(lockfile.packages).length).toBeGreaterThan(100)
    expect(defects(lockfile)).toEqual([])
    for (const [name, version] of Object.entries(named))
      expect(lockfile.packages[`node_modules/${name}`]?.version, name).toBe(version.split('@').at(-1))
  })

  it('SU-08 would be told where a hash is missing, weak or an address is named', () => {
    const packages = {
      a: {},
      b: { integrity: 'sha1-x' },
      c: { resolved: 'https://evil.example.org/c.tgz', optional: true, os: ['darwin'] },
      d: { optional: true, os: ['linux'], cpu: ['x64'] },
    }
    expect(defects(Lockfile.parse({ packages }))).toEqual([
      'a: no sha512',
      'b: no sha512',
      'c: from https://evil.example.org/c.tgz',
      'd: no sha512',
    ])
  })
})
