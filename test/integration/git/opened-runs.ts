import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createRepositories } from '#adapters/git'
import type { RunRepository } from '#ports'
import { temporaryFolder, writeFiles } from './fixtures.ts'

/** Repositories of a home of their own, with what a test asks of the runs it opened there. */
export interface OpenedRuns {
  readonly home: string
  readonly repositories: ReturnType<typeof createRepositories>
  /** A path in the test's folder, which is removed by `remove`. */
  readonly at: (name: string) => string
  readonly open: (repository: string, ref?: string | null, id?: string) => Promise<RunRepository>
  readonly gitDir: (run: RunRepository) => string
  /** A tree made of the run's checkout and these files by git itself, in the run's repository. */
  readonly derive: (run: RunRepository, files: Parameters<typeof writeFiles>[1]) => string
  readonly remove: () => void
}

export function openedRuns(): OpenedRuns {
  const folder = temporaryFolder()
  const home = join(folder.path, 'home')
  const repositories = createRepositories({ home })
  const at = (name: string) => join(folder.path, name)
  const runs = new Map<string, RunRepository>()
  let opened = 0
  const gitDir = (run: RunRepository) =>
    join(home, 'runs', readdirSync(join(home, 'runs')).find((id) => runs.get(id) === run) ?? '', 'git')
  return {
    home,
    repositories,
    at,
    gitDir,
    remove: folder.remove,
    open: async (repository, ref = null, id = `run_${opened++}`) => {
      const run = await repositories.open(id, await repositories.resolve(repository, ref))
      runs.set(id, run)
      return run
    },
    derive: (run, files) => {
      const work = at(`work-${opened++}`)
      execFileSync('cp', ['-a', run.checkout, work])
      writeFiles(work, files)
      const env = { ...process.env, GIT_DIR: gitDir(run), GIT_WORK_TREE: work, GIT_INDEX_FILE: `${work}.index` }
      execFileSync('git', ['add', '-A', '-f', '.'], { cwd: work, env })
      return execFileSync('git', ['write-tree'], { cwd: work, env, encoding: 'utf8' }).trim()
    },
  }
}

/** The tree as a commit on top of the pinned one, at a fixed time. */
export const commitOf = async (
  run: RunRepository,
  tree: string,
  message = 'change\n',
  parent = run.source.commit,
): Promise<string> => run.commit({ tree, parent, message, timestamp: 1_767_225_600 })
