import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { GanderError, storageFailure } from '#domain/failure'

/**
 * `shallowUpdate`: a run pushes its base commit without the history before it, which lies in the source repository, so
 * the mirror stays as small as what was worked on. People fetch from it into their own clone, which has the history.
 */
const CONFIGURATION = `[core]
	repositoryFormatVersion = VERSION
	bare = true
	hooksPath = /dev/null
	logAllRefUpdates = true
[receive]
	shallowUpdate = true
	fsckObjects = true
	denyDeletes = true
[gc]
	auto = 0
`

/** A bare repository of the local forge. */
export class BareRepository {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Makes it where it does not exist yet; several processes may ask at once. */
  async ensure(shown: string): Promise<void> {
    if (await exists(join(this.path, 'HEAD'))) return
    const building = `${this.path}.${process.pid}-${randomBytes(4).toString('hex')}`
    try {
      for (const folder of ['objects/pack', 'objects/info', 'refs/heads', 'refs/tags', 'info'])
        await mkdir(join(building, folder), { recursive: true, mode: 0o700 })
      await writeFile(join(building, 'HEAD'), 'ref: refs/heads/main\n')
      await writeFile(join(building, 'config'), CONFIGURATION.replace('VERSION', '0'))
      await writeFile(join(building, 'description'), `Branches that Gander proposes for ${shown}\n`)
      await rename(building, this.path).catch(async (error: unknown) => {
        if (!(await exists(join(this.path, 'HEAD')))) throw error
      })
    } catch (error) {
      throw storageFailure(error, this.path)
    } finally {
      await rm(building, { recursive: true, force: true })
    }
  }

  /** The commit a ref holds; undefined when there is no such ref. */
  async commitOf(ref: string): Promise<string | undefined> {
    const found = await this.#git('rev-parse', '--verify', '--quiet', '--end-of-options', ref)
    return found.code === 0 ? found.stdout.trim() : undefined
  }

  /** Makes a ref that must not exist yet; one that was made meanwhile is left alone. */
  async point(ref: string, commit: string): Promise<void> {
    const made = await this.#git('update-ref', '--no-deref', ref, commit, '')
    if (made.code === 0 || (await this.commitOf(ref)) !== undefined) return
    throw new GanderError('publication_failed', `${ref} could not be made in the local forge: ${made.stderr.trim()}`)
  }

  /** Takes a ref away that still holds the commit; false where it holds another or is not there. */
  async remove(ref: string, commit: string): Promise<boolean> {
    if (!(await exists(join(this.path, 'HEAD')))) return false
    return (await this.#git('update-ref', '--no-deref', '-d', ref, commit)).code === 0
  }

  /** Lets HEAD follow the branch that pull requests go to, so that a clone of the mirror checks something out. */
  async defaultTo(branch: string): Promise<void> {
    await this.#git('symbolic-ref', 'HEAD', `refs/heads/${branch}`)
  }

  #git(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      LC_ALL: 'C',
      GIT_DIR: this.path,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_NO_REPLACE_OBJECTS: '1',
      GIT_COMMITTER_NAME: 'Gander',
      GIT_COMMITTER_EMAIL: 'gander@localhost',
    }
    return new Promise((resolve, reject) => {
      execFile('git', [...args], { cwd: '/', env, timeout: 30_000 }, (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number')
          reject(new GanderError('tool_missing', `git could not be run: ${error.message}`, { cause: error }))
        else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      })
    })
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
