import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'

/**
 * Adds to the lockfile the optional packages of other platforms that the registry at hand did not have when the lockfile
 * was made. `npm ci` refuses a lockfile that lacks them, although it would never install them here; with an entry that
 * names platform and version it passes by. Run it after every change of the dependencies.
 */
interface Locked {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
}

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

const file = 'package-lock.json'
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Locked> }
const added: string[] = []
for (const owner of Object.values(lock.packages))
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`
    const nested = Object.keys(lock.packages).some((path) => path.endsWith(`/${place}`))
    if (lock.packages[place] !== undefined || nested) continue
    lock.packages[place] = entry(name, version, owner)
    added.push(name)
  }
const sorted = Object.fromEntries(
  Object.entries(lock.packages).sort(([left], [right]) => left.localeCompare(right, 'en')),
)
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, undefined, 2)}\n`)
console.log(added.length === 0 ? 'the lockfile was complete' : `added ${added.join(', ')}`)

function entry(name: string, version: string, owner: Locked): Locked {
  const parts = name.split(/[-/.]/)
  const pick = (known: readonly string[]) => known.filter((word) => parts.includes(word))
  const libc = pick(['musl', 'gnu']).map((word) => (word === 'gnu' ? 'glibc' : word))
  const [os, cpu] = [pick(OS), pick(CPU)]
  if (!/^\d+\.\d+\.\d+/.test(version) || os.length === 0) {
    console.error(`${name}@${version} is missing and its platform is not in its name; add it by hand`)
    process.exitCode = 1
  }
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(owner.dev === true ? { dev: true } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  }
}
