import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withoutCredentials } from './registry-address.ts'

/** How the built-in index stands in the program; Cargo has no command that tells it. */
const BUILT_IN = /sparse\+(https:\/\/[a-z0-9.-]+\/)/
/** Answers of a registry that name where its crates lie. */
const CONFIGURATION = 'config.json'

/**
 * What Cargo fetches from: the replacement of its built-in source where the user configured one, other registries of the
 * configuration, and for each the host of its crates. Empty without Cargo.
 */
export async function cargoAddresses(
  ask: (argv: readonly string[]) => Promise<string | undefined>,
  folder: string,
  page: (address: string) => Promise<string | undefined>,
): Promise<readonly string[]> {
  if ((await ask(['cargo', '--version'])) === undefined) return []
  const files = await Promise.all(
    ['config.toml', 'config'].map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
  )
  const text = files.find((file) => file !== '') ?? ''
  const configured = Array.from(
    text.matchAll(/^\s*(?:registry|index)\s*=\s*["'](?:sparse\+)?(https:\/\/[^"']+)["']/gm),
    ([, address = '']) => address,
  ).flatMap(withoutCredentials)
  const replaced = /^\s*\[source\.["']?crates-io["']?\][^[]*?^\s*replace-with\s*=/m.test(text)
  const indexes = replaced ? configured : [...(await builtIn(ask)), ...configured]
  const crates = await Promise.all(indexes.map((index) => crateAddress(index, page)))
  return [...indexes, ...crates.flat()]
}

/** The index that this Cargo is built with, read out of its program: some 30 MB, once. */
async function builtIn(ask: (argv: readonly string[]) => Promise<string | undefined>): Promise<readonly string[]> {
  const sysroot = (await ask(['rustc', '--print', 'sysroot']))?.trim() ?? ''
  const program = sysroot === '' ? undefined : await readFile(join(sysroot, 'bin', 'cargo'), 'latin1').catch(() => '')
  return withoutCredentials(BUILT_IN.exec(program ?? '')?.[1] ?? '')
}

/** The `dl` of an index's configuration; its placeholders come after the host. */
async function crateAddress(
  index: string,
  page: (address: string) => Promise<string | undefined>,
): Promise<readonly string[]> {
  try {
    const value: unknown = JSON.parse((await page(`${index.replace(/\/+$/, '')}/${CONFIGURATION}`)) ?? '')
    const at = typeof value === 'object' && value !== null && 'dl' in value ? value.dl : undefined
    return typeof at === 'string' ? withoutCredentials(at.replace(/\{.*$/, '')) : []
  } catch {
    return []
  }
}
