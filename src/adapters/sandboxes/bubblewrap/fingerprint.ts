import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Toolchain } from './view/toolchains.ts'
import { readText } from '../fence/read-text.ts'

/** Raised whenever what a command sees inside changes. */
const DRIVER_VERSION = 2

/** What a distribution writes down about every installed package: stands for the contents of /usr. */
const PACKAGE_DATABASES = [
  '/var/lib/dpkg/status',
  '/var/lib/rpm/rpmdb.sqlite',
  '/usr/lib/sysimage/rpm/rpmdb.sqlite',
  '/lib/apk/db/installed',
]

const digestOfFile = (path: string): string | undefined => {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    return undefined
  }
}

const stamp = (toolchain: Toolchain): readonly unknown[] => {
  const { size, mtimeMs } = statSync(toolchain.path)
  return [toolchain.name, toolchain.path, size, Math.floor(mtimeMs)]
}

/** Identity of what commands run on: system, toolchains, this driver, and the system-call filter. */
export const fingerprintOf = (
  toolchains: readonly Toolchain[],
  seccomp: Buffer,
  system_sha256: string,
  bwrap: string,
): string => {
  const bubblewrap = statSync(bwrap)
  const parts = [
    ['driver', DRIVER_VERSION, process.arch],
    ['system', readText('/etc/os-release'), ...PACKAGE_DATABASES.map(digestOfFile)],
    ['etc', system_sha256],
    ['bwrap', bwrap, bubblewrap.size, Math.floor(bubblewrap.mtimeMs)],
    ['toolchains', ...toolchains.map(stamp)],
    ['seccomp', createHash('sha256').update(seccomp).digest('hex')],
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
