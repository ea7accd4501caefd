import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PackageRegistries, PackageTool } from '#ports'

/** What is asked of a registry: one archive, known by its hash. */
interface Published {
  /** Below the registry's address; for pip the name of the project. */
  readonly path: string
  readonly sha256: string
}

/** Where the sources of other people's projects come from. */
export interface ForeignGround {
  /** An empty folder that is removed with what is fetched into it. */
  readonly home: string
  readonly registries: PackageRegistries
}

const run = (cwd: string, program: string, ...words: readonly string[]): string =>
  execFileSync(program, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

async function download(url: string): Promise<Buffer> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) })
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`)
  return Buffer.from(await answer.arrayBuffer())
}

const address = async ({ registries }: ForeignGround, of: PackageTool): Promise<string> =>
  ((await registries.addresses(of))[0] ?? '').replace(/\/+$/, '')

/** A published archive with its tests, unpacked where a sandbox's user may write. */
function unpacked({ home }: ForeignGround, name: string, archive: Buffer, { sha256 }: Published): string {
  const found = createHash('sha256').update(archive).digest('hex')
  if (found !== sha256) throw new Error(`${name} has the hash ${found}`)
  const folder = join(home, name)
  mkdirSync(folder)
  writeFileSync(`${folder}.archive`, archive)
  if (archive.readUInt16BE(0) === ZIP) {
    run(home, 'python3', '-m', 'zipfile', '-e', `${folder}.archive`, `${folder}.whole`)
    const [only = ''] = run(`${folder}.whole`, 'ls').trim().split('\n')
    cpSync(join(`${folder}.whole`, only), folder, { recursive: true })
  } else run(folder, 'tar', 'xzf', `${folder}.archive`, '--strip-components=1')
  run(folder, 'chmod', '-R', 'a+rwX', '.')
  return folder
}

const ZIP = 0x504b

/** A package of the npm registry. */
export const fromNpm = async (ground: ForeignGround, published: Published): Promise<string> =>
  unpacked(ground, 'npm', await download(`${await address(ground, 'npm')}/${published.path}`), published)

/** A source release kept in a Maven repository. */
export const fromMaven = async (ground: ForeignGround, published: Published): Promise<string> =>
  unpacked(ground, 'maven', await download(`${await address(ground, 'maven')}/${published.path}`), published)

/** A crate. */
export async function fromCargo(ground: ForeignGround, published: Published): Promise<string> {
  const configuration = await download(`${await address(ground, 'cargo')}/config.json`)
  const { dl } = JSON.parse(configuration.toString()) as { readonly dl: string }
  return unpacked(ground, 'cargo', await download(`${dl}/${published.path}`), published)
}

/** A source distribution of a package index, whose pages say where files lie. */
export async function fromPip(ground: ForeignGround, { path, sha256 }: Published): Promise<string> {
  const page = `${await address(ground, 'pip')}/${path}/`
  const links = (await download(page)).toString().matchAll(/href="([^"]+)"/g)
  const link = Array.from(links, ([, href = '']) => href).find((href) => href.includes(sha256))
  if (link === undefined) throw new Error(`the index has no file of ${path} with the hash ${sha256}`)
  return unpacked(ground, path, await download(new URL(link, page).href), { path, sha256 })
}

/** A module by the machine's own Go, which checks its hash. */
export async function fromGo({ home }: ForeignGround, module: string): Promise<string> {
  const said = run(home, 'go', 'mod', 'download', '-json', module)
  const folder = join(home, 'go')
  cpSync(/"Dir": "([^"]+)"/.exec(said)?.[1] ?? '', folder, { recursive: true })
  run(folder, 'chmod', '-R', 'a+rwX', '.')
  return folder
}
