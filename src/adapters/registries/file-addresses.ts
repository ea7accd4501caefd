import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withoutCredentials } from './registry-address.ts'

const KEPT_MS = 7 * 24 * 3_600_000
const MOST_HOSTS = 4
const ASKED_PROJECT = 'pip/'

interface Kept {
  readonly asked_at: number
  readonly addresses: readonly string[]
}

/**
 * Where an index keeps its files: the hosts in its page of one project that every index has. Kept for a week under the
 * hash of the index's address; an older answer is used where the index cannot be reached.
 */
export async function cachedFileAddresses(
  index: string,
  cache: string,
  page: (address: string) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const address = `${index.replace(/\/+$/, '')}/${ASKED_PROJECT}`
  const key = createHash('sha256')
    .update(withoutCredentials(index)[0] ?? '')
    .digest('hex')
  const path = join(cache, `${key}.json`)
  const kept = await readKept(path)
  if (kept !== undefined && Date.now() - kept.asked_at < KEPT_MS) return kept.addresses
  const text = await page(address)
  const addresses = text === undefined ? [] : linkedHosts(text, address)
  if (addresses.length === 0) return kept?.addresses ?? []
  await keep(path, cache, { asked_at: Date.now(), addresses })
  return addresses
}

/** Origins of the https links of an index page, in HTML or in the JSON form. */
function linkedHosts(text: string, address: string): readonly string[] {
  const links = text.matchAll(/(?:\bhref\s*=\s*|"url"\s*:\s*)["']([^"']{1,2000})["']/gi)
  const origins = new Set<string>()
  for (const [, link = ''] of links) {
    if (!URL.canParse(link, address)) continue
    const url = new URL(link, address)
    if (url.protocol === 'https:') origins.add(`${url.origin}/`)
  }
  return [...origins].slice(0, MOST_HOSTS)
}

async function readKept(path: string): Promise<Kept | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null || !('asked_at' in value) || !('addresses' in value))
      return undefined
    const { asked_at, addresses } = value
    if (typeof asked_at !== 'number' || !Array.isArray(addresses)) return undefined
    return { asked_at, addresses: addresses.filter((entry) => typeof entry === 'string') }
  } catch {
    return undefined
  }
}

/** A cache that cannot be written costs a request the next time, nothing else. */
async function keep(path: string, folder: string, kept: Kept): Promise<void> {
  const fresh = `${path}.${process.pid}`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(fresh, JSON.stringify(kept), { mode: 0o600 })
    await rename(fresh, path)
  } catch {
    return
  }
}
