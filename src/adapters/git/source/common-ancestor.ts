import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { PinnedSource } from '#ports'
import { writeTrustedRepository } from '../objects/trusted-repository.ts'
import { parseAddress, type Address } from '../transport/address.ts'
import { accessTo } from '../transport/credentials.ts'
import { runGit, type GitCall } from '../transport/run-git.ts'
import { cachedCommit } from './commit-cache.ts'
import { unreachable } from './list-refs.ts'
import { findCheckout } from './local-checkout.ts'
import type { SourceContext } from './resolve-source.ts'

/**
 * The nearest commit that two pinned ones come from, as pull requests compare; undefined where they share none that the
 * repository has. A repository of this machine is asked where it lies. Of a remote one commits alone are fetched where
 * its server can leave the rest out, into a repository that is thrown away.
 */
export async function mergeBase(
  context: SourceContext,
  base: PinnedSource,
  head: PinnedSource,
): Promise<PinnedSource | undefined> {
  if (base.commit === head.commit) return base
  const address = parseAddress(base.repository)
  const commit =
    address.kind === 'local'
      ? await inCheckout(address.path, base, head)
      : await overHistory(context, address, [base, head])
  if (commit === undefined) return undefined
  const credentials = context.credentials.get(address.url) ?? null
  const { tree } = await cachedCommit(context.cache, { address, credentials, commit, ref: null }, context.limits)
  return { ...base, commit, tree }
}

const LOOK_ONLY = [['safe.directory', '*']] as const
const LOOK_MS = 60_000

async function inCheckout(path: string, base: PinnedSource, head: PinnedSource): Promise<string | undefined> {
  const { git_dir } = await findCheckout(path, base.repository)
  return askedIn({ args: ['-C', git_dir, ...question(base, head)], git_dir: null, settings: LOOK_ONLY })
}

async function overHistory(
  context: SourceContext,
  address: Address,
  [base, head]: readonly [PinnedSource, PinnedSource],
): Promise<string | undefined> {
  const scratch = join(context.scratch, 'look', `history-${randomBytes(4).toString('hex')}`)
  try {
    await writeTrustedRepository(scratch, base.commit.length)
    const access = await accessTo(address, context.credentials.get(address.url) ?? null)
    const words = [
      'fetch',
      '--no-tags',
      '--no-recurse-submodules',
      '--no-auto-maintenance',
      '--quiet',
      '--filter=tree:0',
    ]
    const outcome = await runGit({
      args: [...words, '--', address.url, base.commit, head.commit],
      git_dir: scratch,
      network: true,
      settings: access.settings,
      env: access.env,
      file_bytes: context.limits.pack_bytes,
      timeout_ms: context.limits.timeout_ms,
    })
    if (outcome.ended_by === 'timeout' || /File too large|signal 25/.test(outcome.stderr))
      throw new GanderError('source_too_large', `The history of ${address.shown} is too large to compare over.`, {
        remedy: 'Compare the two trees as they are with --two-dot, or name the merge base as --base.',
      })
    if (outcome.exit_code !== 0) throw unreachable(address, outcome)
    return await askedIn({ args: [...question(base, head)], git_dir: scratch })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const question = (base: PinnedSource, head: PinnedSource) => ['merge-base', base.commit, head.commit]

async function askedIn(call: GitCall): Promise<string | undefined> {
  const { exit_code, stdout } = await runGit({ ...call, timeout_ms: LOOK_MS })
  const found = stdout.toString('utf8').trim()
  return exit_code === 0 && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(found) ? found : undefined
}
