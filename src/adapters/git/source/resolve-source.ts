import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { PinnedSource } from '#ports'
import { localAddress, parseAddress, type Address, type Credentials } from '../transport/address.ts'
import { closeNames } from './close-names.ts'
import { cachedCommit, type FetchLimits } from './commit-cache.ts'
import { listRefs, type RefList } from './list-refs.ts'
import { findCheckout, resolveRevision, trackedBranch, type LocalCheckout } from './local-checkout.ts'
import { uncommittedPaths } from './uncommitted.ts'

/** Where sources are kept and how much of them is taken. */
export interface SourceContext {
  readonly cache: string
  readonly scratch: string
  readonly limits: FetchLimits
  /** Credentials seen in addresses, by the address without them; they live as long as the process. */
  readonly credentials: Map<string, Credentials>
}

interface Pinned {
  readonly ref: string
  readonly commit: string
  readonly base_branch: string
  /** Full name to fetch by where a server gives no commits by id. */
  readonly full_ref: string | null
}

const COMMIT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** Finds the repository and pins the commit that a ref names now. */
export async function resolveSource(
  context: SourceContext,
  repository: string,
  ref: string | null,
): Promise<PinnedSource> {
  const parsed = parseAddress(repository)
  if (parsed.kind === 'remote' && parsed.credentials !== null) context.credentials.set(parsed.url, parsed.credentials)
  const checkout = parsed.kind === 'local' ? await findCheckout(parsed.path, parsed.shown) : undefined
  const address = checkout === undefined ? parsed : addressOf(checkout, parsed)
  const credentials = context.credentials.get(address.url) ?? null
  const wanted = ref === null || ref.trim() === '' || ref === 'HEAD' ? null : ref.trim()
  const list = await listRefs(address, credentials, patternsFor(wanted))
  const pinned = await pin({ address, credentials, checkout }, list, wanted)
  const { tree } = await cachedCommit(
    context.cache,
    { address, credentials, commit: pinned.commit, ref: pinned.full_ref },
    context.limits,
  )
  return {
    repository: address.shown,
    ref: pinned.ref,
    commit: pinned.commit,
    tree,
    base_branch: pinned.base_branch,
    uncommitted:
      checkout === undefined || parsed.shown.startsWith('file:')
        ? []
        : await uncommittedPaths(checkout, pinned.commit, join(context.scratch, 'look')),
  }
}

/** A subfolder of a checkout means the checkout; a file address stays as it was written. */
function addressOf(checkout: LocalCheckout, parsed: Address): Address {
  const shown = parsed.shown.startsWith('file:') ? parsed.shown : checkout.top
  return { ...localAddress(checkout.git_dir, shown), shown }
}

function patternsFor(ref: string | null): readonly string[] {
  if (ref === null) return ['HEAD', 'refs/heads/main', 'refs/heads/master']
  if (/[*?[\]\\^~: ]/.test(ref)) return ['HEAD']
  const short = ref.replace(/^refs\/(heads|tags)\//, '')
  return ['HEAD', `refs/heads/${short}`, `refs/tags/${short}`, `refs/tags/${short}^{}`]
}

interface Place {
  readonly address: Address
  readonly credentials: Credentials | null
  readonly checkout: LocalCheckout | undefined
}

async function pin(place: Place, list: RefList, ref: string | null): Promise<Pinned> {
  if (ref === null) return pinHead(place, list)
  const named = pinNamed(list, ref)
  if (named !== undefined) return named
  const all = await listRefs(place.address, place.credentials, [])
  const commit =
    place.checkout === undefined ? undefined : await resolveRevision(place.checkout, ref).catch(() => undefined)
  const id = commit ?? (COMMIT_ID.test(ref) ? ref : undefined)
  if (id === undefined) throw refNotFound(place, all, ref)
  const tracked = place.checkout === undefined ? undefined : await trackedBranch(place.checkout, ref)
  return { ref, commit: id, base_branch: tracked ?? defaultBranch(all, id), full_ref: null }
}

function pinNamed(list: RefList, ref: string): Pinned | undefined {
  const short = ref.replace(/^refs\/(heads|tags)\//, '')
  const branch = ref.startsWith('refs/tags/') ? undefined : list.refs.get(`refs/heads/${short}`)
  if (branch !== undefined) return { ref: short, commit: branch, base_branch: short, full_ref: `refs/heads/${short}` }
  const tag = ref.startsWith('refs/heads/') ? undefined : list.refs.get(`refs/tags/${short}`)
  if (tag === undefined) return undefined
  return { ref: short, commit: tag, base_branch: defaultBranch(list, tag), full_ref: `refs/tags/${short}` }
}

async function pinHead(place: Place, list: RefList): Promise<Pinned> {
  const head = list.refs.get('HEAD')
  if (head !== undefined && list.head_branch !== null) {
    const branch = list.head_branch
    return { ref: branch, commit: head, base_branch: branch, full_ref: `refs/heads/${branch}` }
  }
  const all = await listRefs(place.address, place.credentials, [])
  if (head !== undefined) return { ref: head, commit: head, base_branch: defaultBranch(all, head), full_ref: 'HEAD' }
  for (const branch of ['main', 'master']) {
    const commit = all.refs.get(`refs/heads/${branch}`)
    if (commit !== undefined) return { ref: branch, commit, base_branch: branch, full_ref: `refs/heads/${branch}` }
  }
  const branches = branchNames(all)
  if (branches.length === 0)
    throw new GanderError('repository_empty', `${place.address.shown} has no commit yet.`, {
      facts: { repository: place.address.shown },
    })
  throw new GanderError('ref_not_found', `${place.address.shown} is on a branch without a commit.`, {
    facts: { repository: place.address.shown, suggestions: branches.slice(0, 3) },
    remedy: `Name the branch to start from, such as --base ${branches[0]}.`,
  })
}

/** Where a pull request goes when the ref is no branch: HEAD's branch, else one at this commit, else main or master. */
function defaultBranch(list: RefList, commit: string): string {
  if (list.head_branch !== null) return list.head_branch
  const branches = branchNames(list)
  const here = branches.find((branch) => list.refs.get(`refs/heads/${branch}`) === commit)
  return here ?? ['main', 'master'].find((branch) => branches.includes(branch)) ?? branches[0] ?? 'main'
}

const branchNames = (list: RefList): readonly string[] =>
  [...list.refs.keys()].filter((name) => name.startsWith('refs/heads/')).map((name) => name.slice('refs/heads/'.length))

function refNotFound(place: Place, all: RefList, ref: string): GanderError {
  const { shown } = place.address
  if (all.refs.size === 0) return new GanderError('repository_empty', `${shown} has no commit yet.`)
  const names = [...all.refs.keys()]
    .map((name) => name.replace(/^refs\/(heads|tags)\//, ''))
    .filter((name) => name !== 'HEAD')
  const suggestions = closeNames(ref, names)
  const short = /^[0-9a-f]{4,39}$/.test(ref) && place.checkout === undefined
  return new GanderError('ref_not_found', `${shown} has no branch, tag or commit ${JSON.stringify(ref)}.`, {
    facts: { repository: shown, ref, suggestions: [...suggestions] },
    remedy: short
      ? 'Give the full commit id: a remote repository does not resolve abbreviated ones.'
      : suggestions.length > 0
        ? `Did you mean ${suggestions.join(', ')}?`
        : 'Give a branch, tag or commit that exists with --base.',
  })
}
