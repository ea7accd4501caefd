import { constants } from 'node:fs'
import { access, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import { runGit } from '../transport/run-git.ts'

/** A repository on this machine, as git sees it from the given folder. */
export interface LocalCheckout {
  /** Top of the work tree; the repository's own folder when it is bare. */
  readonly top: string
  readonly git_dir: string
  /** Differs from git_dir in a linked work tree. */
  readonly common_dir: string
  readonly bare: boolean
}

/** For programs that only look: no connection may be opened, whatever the repository's configuration says. */
const LOOK_ONLY = [['safe.directory', '*']] as const

/** Finds the repository a path lies in. @throws GanderError `repository_not_found`, `repository_unreadable` */
export async function findCheckout(path: string, shown: string): Promise<LocalCheckout> {
  const cwd = await existingFolder(path, shown)
  const answers = await revParse(cwd, ['--absolute-git-dir', '--is-bare-repository', '--is-inside-work-tree'])
  if (answers === undefined)
    throw new GanderError('repository_not_found', `${shown} is not inside a git repository.`, {
      facts: { repository: shown },
      remedy: 'Give the path of a git checkout; `git init` and a first commit make one.',
    })
  const [git_dir = '', bare, inside] = answers
  const [common = ''] = (await revParse(cwd, ['--path-format=absolute', '--git-common-dir'])) ?? []
  const [top = ''] = inside === 'true' ? ((await revParse(cwd, ['--show-toplevel'])) ?? []) : []
  const checkout = {
    git_dir,
    common_dir: common === '' ? git_dir : common,
    bare: bare === 'true' || top === '',
    top: top === '' ? git_dir : top,
  }
  await refuseBorrowedObjects(checkout, shown)
  return checkout
}

/** Resolves what is no branch or tag: `HEAD~2`, a short commit id, `origin/feature`. Undefined when it names nothing. */
export async function resolveRevision(checkout: LocalCheckout, revision: string): Promise<string | undefined> {
  if (revision.startsWith('-')) return undefined
  const found = await revParse(checkout.git_dir, ['--verify', '--quiet', '--end-of-options', `${revision}^{commit}`])
  return found?.[0]
}

/** The remote-tracking branch a revision names, such as `feature` for `origin/feature`; undefined for anything else. */
export async function trackedBranch(checkout: LocalCheckout, revision: string): Promise<string | undefined> {
  const found = await revParse(checkout.git_dir, ['--symbolic-full-name', '--end-of-options', revision])
  return /^refs\/remotes\/[^/]+\/(.+)$/.exec(found?.find((line) => line.startsWith('refs/')) ?? '')?.[1]
}

async function revParse(cwd: string, args: readonly string[]): Promise<readonly string[] | undefined> {
  const outcome = await runGit({
    args: ['-C', cwd, 'rev-parse', ...args],
    git_dir: null,
    settings: LOOK_ONLY,
    timeout_ms: 20_000,
  })
  return outcome.exit_code === 0 ? outcome.stdout.toString('utf8').trimEnd().split('\n') : undefined
}

async function existingFolder(path: string, shown: string): Promise<string> {
  try {
    const folder = await realpath(path)
    if (!(await stat(folder)).isDirectory())
      throw new GanderError('repository_not_found', `${shown} is a file, not a repository.`)
    await access(folder, constants.R_OK | constants.X_OK)
    return folder
  } catch (error) {
    if (error instanceof GanderError) throw error
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EACCES' || code === 'EPERM')
      throw new GanderError('repository_unreadable', `${shown} may not be read by this user.`, { cause: error })
    throw new GanderError('repository_not_found', `There is nothing at ${shown}.`, { cause: error })
  }
}

/** Alternates make a repository serve objects of another one; what is not in the repository is not imported. */
async function refuseBorrowedObjects(checkout: LocalCheckout, shown: string): Promise<void> {
  const alternates = join(checkout.common_dir, 'objects', 'info', 'alternates')
  const borrowed = await readFile(alternates, 'utf8').catch(() => '')
  if (borrowed.trim() === '') return
  throw new GanderError('repository_unreadable', `${shown} borrows objects from another repository (alternates).`, {
    facts: { repository: shown },
    remedy: `Make it whole with \`git repack -a -d\` and remove ${alternates}.`,
  })
}
