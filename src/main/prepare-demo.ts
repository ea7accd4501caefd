import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DEFAULT_LIMITS } from '#domain/budget'
import { DEFAULT_SCOPE } from '#domain/task'
import type { Intake, RunOrder } from '#ports'

const run = promisify(execFile)

/** Folder of the checkout that holds the examples. */
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))

/** Every demonstration starts from the same commit, so its trees are the same everywhere. */
const COMMIT_DATE = '2026-01-05T09:00:00Z'

/** Makes a fresh repository of an example under GANDER_HOME and the order to work on its issue by a recording. */
export async function prepareDemo(home: string, intake: Intake): Promise<RunOrder> {
  const example = join(EXAMPLES, 'typescript')
  const repository = join(home, 'demo', 'duration-text')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await makeRepository(join(example, 'repository'), repository)
  const draft = intake.readIssue(await readFile(join(example, 'issue.md'), 'utf8'), 'demo')
  const model = { provider: 'recorded', model: join(example, 'conversation.json'), api: 'recorded', url: null } as const
  return {
    words: { ...draft.words, repository },
    requester: 'demo',
    base_ref: null,
    mode: 'draft_pr',
    scope: { ...DEFAULT_SCOPE, ...draft.scope },
    agent: { kind: 'native', model, fallback: null },
    verification: null,
    limits: DEFAULT_LIMITS,
    keys: {},
  }
}

/** Turns a folder of the examples into a repository with one commit. */
export async function makeRepository(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await mkdir(to, { recursive: true })
  await cp(from, to, { recursive: true })
  const identity = { NAME: 'Example', EMAIL: 'example@localhost', DATE: COMMIT_DATE }
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }
  for (const [name, value] of Object.entries(identity)) {
    env[`GIT_AUTHOR_${name}`] = value
    env[`GIT_COMMITTER_${name}`] = value
  }
  const git = (...words: string[]) => run('git', ['-C', to, ...words], { env })
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'Example as it was found')
}
