import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'

/** One program to be installed. */
export interface WantedProgram {
  readonly id: string
  /** Name of the package on the registry. */
  readonly package: string
  readonly version: string
  /** Its command in `node_modules/.bin`. */
  readonly program: string
}

/** Installs a package with its dependencies into an empty folder, or throws. */
export type InstallInto = (folder: string, spec: string) => Promise<void>

/** How long one program may take, its download included. */
const INSTALL_MS = 300_000
/** Folders of installations that were broken off; nobody installs for so long. */
const LEFT_MS = 2 * INSTALL_MS
const STAGED = '.installing-'

/**
 * Brings one program into the cache. It is made in a folder beside its place and moved there when it is whole, so that
 * what was broken off is never taken for an installation; what lies there and is not whole is made anew.
 */
export async function installProgram(
  cache: string,
  wanted: WantedProgram,
  install: InstallInto,
): Promise<'is there' | 'installed'> {
  const place = join(cache, wanted.id)
  if (await isWhole(place, wanted)) return 'is there'
  await mkdir(cache, { recursive: true })
  await removeLeft(cache)
  const staged = join(cache, `${STAGED}${wanted.id}-${process.pid}`)
  await rm(staged, { recursive: true, force: true })
  await mkdir(staged)
  try {
    await install(staged, `${wanted.package}@${wanted.version}`)
    if (!(await isWhole(staged, wanted))) throw new Error(`npm ended well, and ${wanted.program} is not whole`)
    await takePlace(staged, place, wanted)
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
  return 'installed'
}

/** Another installation of the same may have come first; then that one stays. */
async function takePlace(staged: string, place: string, wanted: WantedProgram): Promise<void> {
  if (await isWhole(place, wanted)) return
  await rm(place, { recursive: true, force: true })
  await rename(staged, place)
}

/** Whether the version that is wanted is there with everything npm put down, its program and all that it needs. */
export async function isWhole(folder: string, wanted: WantedProgram): Promise<boolean> {
  try {
    const modules = join(folder, 'node_modules')
    // npm writes it last.
    const listed = JSON.parse(await readFile(join(modules, '.package-lock.json'), 'utf8')) as {
      readonly packages: { readonly [path: string]: { readonly version?: string } }
    }
    if (listed.packages[`node_modules/${wanted.package}`]?.version !== wanted.version) return false
    const files = Object.keys(listed.packages).map((path) => join(folder, path, 'package.json'))
    const sizes = await Promise.all([join(modules, '.bin', wanted.program), ...files].map(sizeOf))
    return sizes.every((size) => size > 0)
  } catch {
    // What cannot be read is no installation.
    return false
  }
}

const sizeOf = async (path: string): Promise<number> => (await stat(path)).size

async function removeLeft(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(STAGED)) continue
    const path = join(cache, name)
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > LEFT_MS) await rm(path, { recursive: true, force: true })
  }
}

/** Installs with npm; everything it started ends with it when it takes too long. Install scripts run: some bring their binary. */
export const installWithNpm: InstallInto = async (folder, spec) => {
  const words = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--fetch-timeout=60000', spec]
  const child = spawn('npm', words, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const said: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  let late = false
  const timer = setTimeout(() => {
    late = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, INSTALL_MS)
  try {
    const code = await new Promise<number | null>((settle, fail) => child.once('error', fail).once('close', settle))
    if (late) throw new Error(`npm was stopped after ${INSTALL_MS / 1000} s`)
    if (code !== 0) throw new Error(firstError(Buffer.concat(said).toString()) ?? `npm ended with ${code}`)
  } finally {
    clearTimeout(timer)
  }
}

const firstError = (text: string): string | undefined =>
  text.split('\n').find((line) => /^npm error (?!code)/.test(line))
