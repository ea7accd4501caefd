import { isIP } from 'node:net'
import type { LockEntry, LockfileKind } from './lock-entry.ts'
import { problem, type LockfileProblem } from './lockfile-problem.ts'
import { foreignArchive } from './own-archive.ts'

/** Where an entry is fetched from, as the policy is asked about it. */
export interface LockedHost {
  readonly host: string
  readonly path: string
  readonly line: number
  readonly package: string
}

/** What one entry of a lockfile comes to. */
export interface Judged {
  readonly problems: readonly LockfileProblem[]
  readonly hosts: readonly LockedHost[]
}

interface Where {
  readonly path: string
  readonly kind: LockfileKind
}

/** How Cargo has always written its own registry down: an identity, which its index today is not fetched from. */
const CARGO_IDENTITY = 'https://github.com/rust-lang/crates.io-index'

/** Whether a package is fetched from a registry, by its own name, and pinned by a hash of what it holds. */
export function judgeEntry(entry: LockEntry, { path, kind }: Where): Judged {
  const at = { path, line: entry.line }
  const who = entry.version === '' ? entry.name : `${entry.name}@${entry.version}`
  const problems: LockfileProblem[] = []
  if (entry.source === 'git') problems.push(problem('lockfile.source', at, `${who} comes from a git repository`))
  if (entry.source === 'file') problems.push(problem('lockfile.source', at, `${who} lies outside of the repository`))
  if (entry.source === 'archive')
    problems.push(problem('lockfile.source', at, `${who} is an archive at an address, which no registry vouches for`))
  if (problems.length > 0 || entry.source !== 'registry') return { problems, hosts: [] }
  if (entry.integrity !== undefined && !isPinned(entry.integrity))
    problems.push(problem('lockfile.integrity', at, `${who} ${unpinned(entry.integrity)}`))
  const { address } = entry
  const wrong = address === undefined ? undefined : wrongAddress(address)
  if (wrong !== undefined)
    return { problems: [...problems, problem('lockfile.address', at, `${who} ${wrong}`)], hosts: [] }
  const foreign = foreignArchive(entry, kind)
  if (foreign !== undefined)
    problems.push(
      problem(
        'lockfile.archive',
        at,
        `${who} is fetched as ${foreign.slice(0, 120)}, which is another package or version`,
      ),
    )
  if (address === undefined || address === CARGO_IDENTITY) return { problems, hosts: [] }
  return { problems, hosts: [{ host: new URL(address).hostname.toLowerCase(), ...at, package: who }] }
}

const LENGTHS: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }

/** True where every hash is one, and of a kind that still pins. */
function isPinned(integrity: string): boolean {
  const hashes = integrity.split(/\s+/).filter((hash) => hash !== '')
  return hashes.length > 0 && hashes.every(isHash)
}

function isHash(hash: string): boolean {
  if (/^h1:[A-Za-z0-9+/]{43}=$/.test(hash) || /^(?:[\w.]+\/)?[0-9a-f]{128}$/.test(hash)) return true
  const [, algorithm = '', digest = ''] = /^(\w+)[-:]([A-Za-z0-9+/=]+)(?:\?.*)?$/.exec(hash) ?? []
  const bytes = LENGTHS[algorithm]
  if (bytes === undefined) return false
  return /^[0-9a-f]+$/.test(digest) && digest.length === bytes * 2
    ? true
    : Buffer.from(digest, 'base64').length === bytes && digest.length === Math.ceil(bytes / 3) * 4
}

const unpinned = (integrity: string): string =>
  integrity.trim() === '' ? 'has no hash of its contents' : `has a hash that pins nothing (${integrity.slice(0, 40)})`

function wrongAddress(address: string): string | undefined {
  if (!URL.canParse(address)) return 'has an address that is none'
  const url = new URL(address)
  if (url.username !== '' || url.password !== '') return 'has an address with a user or password in it'
  if (url.protocol !== 'https:') return `is fetched from ${url.hostname.slice(0, 80)} without TLS`
  if (url.port !== '') return `is fetched from ${url.host.slice(0, 80)}, which is not port 443`
  if (isIP(url.hostname.replaceAll(/[[\]]/g, '')) !== 0)
    return `is fetched from the address ${url.hostname}, which has no name`
  return undefined
}
