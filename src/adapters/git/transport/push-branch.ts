import { setTimeout as sleep } from 'node:timers/promises'
import { GanderError } from '#domain/failure'
import type { Address, Credentials } from './address.ts'
import { accessTo, type Access } from './credentials.ts'
import { runGit, type GitOutcome } from './run-git.ts'

/** One commit to land as one branch. */
export interface Push {
  readonly git_dir: string
  readonly address: Address
  readonly credentials: Credentials | null
  readonly commit: string
  readonly branch: string
  /** Branches that are never pushed to, besides the remote's own default branch. */
  readonly protected: readonly string[]
  /** True when the remote's commit was made by this run, or is what the new commit stands on. */
  readonly mayReplace: (held: string) => Promise<boolean>
}

/** `shallow_refused`: the remote wants history that a repository of one commit does not have. */
export type PushOutcome = 'pushed' | 'already_there' | 'shallow_refused'

const TIMEOUT_MS = 300_000

/**
 * Lands the commit. The remote's branch is read first and the push is bound to what was read (`--force-with-lease`), so
 * a branch that another one made or moved in between is never overwritten.
 * @throws GanderError `publication_failed`
 */
export async function pushBranch(push: Push): Promise<PushOutcome> {
  refuseBranch(push.branch, push.protected)
  const access = await accessTo(push.address, push.credentials)
  for (let tries = 1; ; tries++) {
    const outcome = await pushOnce(push, access, tries < MOST_TRIES)
    if (outcome !== 'collided') return outcome
    await sleep(Math.random() * COLLISION_PAUSE_MS * tries)
  }
}

const MOST_TRIES = 6
const COLLISION_PAUSE_MS = 200
/** Two pushes into one repository at the same moment, to whatever branches: the second one only has to come again. */
const COLLIDED = /shallow file has changed|unable to lock|Unable to create '[^']*\.lock'/i

async function pushOnce(push: Push, access: Access, may_collide: boolean): Promise<PushOutcome | 'collided'> {
  const remote = await remoteState(push, access)
  if (remote.held === push.commit) return 'already_there'
  if (remote.head_branch === push.branch)
    throw failed(push, `${push.branch} is the default branch of ${push.address.shown}.`)
  if (remote.held !== undefined && !(await push.mayReplace(remote.held)))
    throw failed(
      push,
      `${push.branch} already exists at ${push.address.shown} and holds ${remote.held}, which is not this run's.`,
    )
  const ref = `refs/heads/${push.branch}`
  const outcome = await runGit({
    args: [
      'push',
      '--porcelain',
      '--no-verify',
      '--no-follow-tags',
      '--no-signed',
      '--recurse-submodules=no',
      '--no-thin',
      `--force-with-lease=${ref}:${remote.held ?? ''}`,
      '--',
      push.address.url,
      `${push.commit}:${ref}`,
    ],
    git_dir: push.git_dir,
    network: true,
    settings: access.settings,
    env: access.env,
    timeout_ms: TIMEOUT_MS,
  })
  if (outcome.exit_code === 0) return 'pushed'
  const said = `${outcome.stdout.toString('utf8')}\n${outcome.stderr}`
  if (/shallow update not allowed/.test(said)) return 'shallow_refused'
  if ((await remoteState(push, access)).held === push.commit) return 'pushed'
  if (may_collide && COLLIDED.test(said)) return 'collided'
  throw failed(
    push,
    explain(push, outcome, said),
    /stale info|timed? ?out|could not resolve|unable to access/i.test(said),
  )
}

/** Refuses names git or a forge would read as something else, and branches that people work on. */
function refuseBranch(branch: string, guarded: readonly string[]): void {
  const valid =
    /^(?![-/.])[^\p{Cc} ~^:?*[\\]+(?<![/.])$/u.test(branch) &&
    !/\.\.|@\{|\/\/|\/\.|\.lock(\/|$)/.test(branch) &&
    !branch.startsWith('refs/') &&
    branch !== '@' &&
    branch !== 'HEAD'
  if (!valid)
    throw new GanderError('publication_failed', `${JSON.stringify(branch)} is no name for a branch.`, {
      facts: { branch },
    })
  if (['main', 'master', ...guarded].some((name) => name.toLowerCase() === branch.toLowerCase()))
    throw new GanderError('publication_failed', `${branch} is a protected branch; a run never pushes to it.`, {
      facts: { branch },
      remedy: 'Publish to a branch of the run and merge it by a pull request.',
    })
}

async function remoteState(
  push: Push,
  access: Access,
): Promise<{ readonly held: string | undefined; readonly head_branch: string | undefined }> {
  const ref = `refs/heads/${push.branch}`
  const outcome = await runGit({
    args: ['ls-remote', '--symref', '--', push.address.url, 'HEAD', ref],
    network: true,
    settings: access.settings,
    env: access.env,
    timeout_ms: TIMEOUT_MS,
  })
  if (outcome.exit_code !== 0) throw failed(push, explain(push, outcome, outcome.stderr), true)
  const lines = outcome.stdout.toString('utf8').split('\n')
  return {
    held: lines.find((line) => line.endsWith(`\t${ref}`))?.split('\t')[0],
    head_branch: /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(lines.join('\n'))?.[1],
  }
}

function explain(push: Push, outcome: GitOutcome, said: string): string {
  const { shown } = push.address
  if (outcome.ended_by === 'timeout') return `${shown} did not answer in time.`
  if (/dubious ownership/.test(said))
    return `${shown} belongs to another user, whose hooks would run with this user's rights.`
  if (/protected branch|hook declined/i.test(said)) return `${shown} declined ${push.branch}: ${words(said)}`
  if (/stale info|fetch first|non-fast-forward/i.test(said))
    return `${push.branch} was changed at ${shown} by someone else meanwhile.`
  return `${shown} did not take ${push.branch}: ${words(said)}`
}

const words = (said: string): string =>
  said
    .replaceAll(/\/\/[^/\s@]*@/g, '//')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('To ') && line !== 'Done')
    .slice(0, 4)
    .join(' ')
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, 600)

const failed = (push: Push, message: string, retryable = false): GanderError =>
  new GanderError('publication_failed', message, {
    facts: { branch: push.branch, commit: push.commit, remote: push.address.shown },
    retryable,
  })
