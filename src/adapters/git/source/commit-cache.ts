import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { GanderError, storageFailure } from '#domain/failure'
import { writeTrustedRepository } from '../objects/trusted-repository.ts'
import type { Address, Credentials } from '../transport/address.ts'
import { accessTo } from '../transport/credentials.ts'
import { brokenGit, gitOutput, runGit, type GitCall, type GitOutcome } from '../transport/run-git.ts'
import { UPLOAD_PACK } from '../transport/upload-pack.ts'
import { removeAbandoned } from '../storage.ts'
import { unreachable } from './list-refs.ts'
import { findCheckout } from './local-checkout.ts'

/** Sizes and times beyond which a source is refused. */
export interface FetchLimits {
  /** Largest pack that is accepted, in bytes. */
  readonly pack_bytes: number
  readonly timeout_ms: number
}

/** What is asked of the cache; `ref` is only used with servers that give commits by ref name alone. */
export interface Wanted {
  readonly address: Address
  readonly credentials: Credentials | null
  readonly commit: string
  readonly ref: string | null
}

/** A commit in the cache: a bare repository of exactly this commit, never written again. */
export interface CachedCommit {
  readonly git_dir: string
  readonly tree: string
}

/**
 * Pinned commits under home/cache/git/REPOSITORY/COMMIT, each fetched once at depth 1 and checked by fsck on the way in.
 * The repository is part of the key, so that nobody reads a commit of a repository they could not fetch it from.
 */
export async function cachedCommit(cache: string, wanted: Wanted, limits: FetchLimits): Promise<CachedCommit> {
  const folder = join(cache, createHash('sha256').update(wanted.address.shown).digest('hex').slice(0, 24))
  const git_dir = join(folder, wanted.commit)
  const known = await treeOf(git_dir)
  if (known !== undefined) return { git_dir, tree: known }
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw storageFailure(error, folder)
  })
  await removeAbandoned(folder)
  const building = join(folder, `.new-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await writeTrustedRepository(building, wanted.commit.length)
    await fetchCommit(building, wanted, limits)
    const tree = await treeOfCommit(building, wanted)
    await writeFile(join(building, 'pinned'), `${tree}\n`)
    await rm(join(building, 'FETCH_HEAD'), { force: true })
    await rename(building, git_dir).catch(async (error: unknown) => {
      if ((await treeOf(git_dir)) === undefined) throw error
    })
    return { git_dir, tree }
  } catch (error) {
    throw storageFailure(error, folder)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

async function treeOf(git_dir: string): Promise<string | undefined> {
  const text = await readFile(join(git_dir, 'pinned'), 'utf8').catch(() => undefined)
  return text?.trim()
}

async function treeOfCommit(git_dir: string, wanted: Wanted): Promise<string> {
  const args = ['rev-parse', '--verify', `${wanted.commit}^{tree}`]
  const kind = await gitOutput({ args: ['cat-file', '-t', wanted.commit], git_dir })
  if (kind.toString('utf8').trim() === 'commit') return (await gitOutput({ args, git_dir })).toString('utf8').trim()
  throw new GanderError('ref_not_found', `${wanted.commit} in ${wanted.address.shown} is no commit.`)
}

async function fetchCommit(git_dir: string, wanted: Wanted, limits: FetchLimits): Promise<void> {
  if (wanted.address.kind === 'local') await findCheckout(wanted.address.path, wanted.address.shown)
  const access = await accessTo(wanted.address, wanted.credentials)
  const call = (want: string): GitCall => ({
    args: [
      'fetch',
      '--depth=1',
      '--no-tags',
      '--no-recurse-submodules',
      '--no-auto-maintenance',
      '--quiet',
      '--keep',
      ...(wanted.address.kind === 'local' ? [`--upload-pack=${UPLOAD_PACK}`] : []),
      '--',
      wanted.address.url,
      want,
    ],
    git_dir,
    network: true,
    settings: access.settings,
    env: access.env,
    file_bytes: limits.pack_bytes,
    timeout_ms: limits.timeout_ms,
  })
  const byId = await runGit(call(wanted.commit))
  if (byId.exit_code === 0) return
  if (wanted.ref !== null && /unadvertised object|not our ref|does not allow request/i.test(byId.stderr)) {
    const byName = await runGit(call(wanted.ref))
    if (byName.exit_code === 0) return requireCommit(git_dir, wanted)
    throw notFetched(wanted, call(wanted.ref), byName, limits)
  }
  throw notFetched(wanted, call(wanted.commit), byId, limits)
}

/** A server that gives refs only may have moved on since the commit was pinned. */
async function requireCommit(git_dir: string, wanted: Wanted): Promise<void> {
  const held = await runGit({ args: ['cat-file', '-e', `${wanted.commit}^{commit}`], git_dir })
  if (held.exit_code === 0) return
  throw new GanderError('repository_unreadable', `${wanted.ref} of ${wanted.address.shown} moved while it was read.`, {
    retryable: true,
    remedy: 'Submit the task again.',
  })
}

function notFetched(wanted: Wanted, call: GitCall, outcome: GitOutcome, limits: FetchLimits): GanderError {
  const { shown } = wanted.address
  if (/No space left on device/.test(outcome.stderr)) return brokenGit(call, outcome)
  if (outcome.exit_code === null && outcome.ended_by === 'exit')
    return new GanderError('source_too_large', `${shown} is larger than ${limits.pack_bytes} bytes at one commit.`)
  if (outcome.ended_by === 'timeout')
    return new GanderError('source_too_large', `${shown} took longer than ${limits.timeout_ms} ms to fetch.`, {
      retryable: true,
    })
  // A limit ends index-pack without a word of its own; what fsck refuses is named before this line.
  if (/^fatal: fetch-pack: invalid index-pack output$|died of signal 25|File too large/.test(outcome.stderr.trim()))
    return new GanderError('source_too_large', `${shown} is larger than ${limits.pack_bytes} bytes at one commit.`)
  if (/fsck|hasDot|gitmodules|invalid (blob|tree|commit)|index-pack/i.test(outcome.stderr))
    return new GanderError(
      'repository_unreadable',
      `${shown} at ${wanted.commit} holds objects that are refused on import: ${fsckWords(outcome.stderr)}`,
      { remedy: 'Run `git fsck --strict` there and mend what it names.' },
    )
  if (/not our ref|unadvertised object|couldn't find remote ref|missing/i.test(outcome.stderr))
    return new GanderError('ref_not_found', `${shown} has no commit ${wanted.commit} that can be fetched.`)
  return unreachable(wanted.address, outcome)
}

const fsckWords = (stderr: string): string =>
  (/object [0-9a-f]+: \w+: .*/.exec(stderr)?.[0] ?? stderr.trim().split('\n')[0] ?? '').replaceAll(/\p{Cc}/gu, ' ')
