import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import { writeTrustedRepository } from './objects/trusted-repository.ts'
import { parseAddress, type Credentials } from './transport/address.ts'
import { accessTo } from './transport/credentials.ts'
import { pushBranch, type Push } from './transport/push-branch.ts'
import { runGit } from './transport/run-git.ts'
import { UPLOAD_PACK } from './transport/upload-pack.ts'

/** Where the history comes from, and a folder that exists only for this push. */
export interface HistorySource {
  readonly repository: string
  readonly commit: string
  readonly scratch: string
  readonly credentials: Credentials | null
}

const TIMEOUT_MS = 1_800_000

/**
 * Pushes to a remote that does not know the base commit and takes no shallow history. The history is fetched from the
 * source into a throw-away repository beside the run's own, which stays at one commit.
 * @throws GanderError `publication_failed`
 */
export async function pushWithHistory(push: Push, source: HistorySource): Promise<'pushed' | 'already_there'> {
  try {
    await writeTrustedRepository(source.scratch, source.commit.length)
    await writeFile(join(source.scratch, 'objects', 'info', 'alternates'), `${join(push.git_dir, 'objects')}\n`)
    await fetchHistory(source)
    const outcome = await pushBranch({ ...push, git_dir: source.scratch })
    if (outcome !== 'shallow_refused') return outcome
    throw new GanderError('publication_failed', `${push.address.shown} takes no history with a cut.`, {
      remedy: `Push ${source.commit} to it once, then \`gander continue RUN\`.`,
    })
  } finally {
    await rm(source.scratch, { recursive: true, force: true })
  }
}

async function fetchHistory(source: HistorySource): Promise<void> {
  const address = parseAddress(source.repository)
  const access = await accessTo(address, source.credentials)
  const outcome = await runGit({
    args: [
      'fetch',
      '--no-tags',
      '--no-recurse-submodules',
      '--no-auto-maintenance',
      '--no-write-fetch-head',
      '--quiet',
      ...(address.kind === 'local' ? [`--upload-pack=${UPLOAD_PACK}`] : []),
      '--',
      address.url,
      source.commit,
    ],
    git_dir: source.scratch,
    network: true,
    settings: [...access.settings, ['core.alternateRefsCommand', 'true']],
    env: access.env,
    timeout_ms: TIMEOUT_MS,
  })
  if (outcome.exit_code === 0) return
  throw new GanderError('publication_failed', `The history of ${address.shown} could not be read for the push.`, {
    facts: { git: outcome.stderr.slice(0, 400) },
    retryable: true,
  })
}
