import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DEFAULT_SCOPE } from '#domain/task'
import type { Platform, RunOrder, RunView } from '#ports'
import { endServers } from './processes.ts'
import { openPlatform } from '../src/main/open-platform.ts'
import { startScriptedModel, type Script, type ScriptedModel } from '../test/support/scripted-model/index.ts'

/** How much is measured. */
export interface Size {
  readonly runs: number
  /** Triples of shell_exec, file_read and file_write. */
  readonly triples: number
  readonly workspaces: number
  readonly events: number
  readonly files: number
}

export const FULL: Size = { runs: 25, triples: 40, workspaces: 21, events: 1_500, files: 600 }
export const SHORT: Size = { runs: 7, triples: 8, workspaces: 5, events: 200, files: 120 }

/** A home of its own with one platform, one repository and one scripted model. */
export interface World {
  readonly home: string
  readonly root: string
  readonly repository: string
  readonly platform: Platform
  readonly model: ScriptedModel
  /** Queues a run whose model follows the script. */
  submit(script: Script): Promise<RunView>
  close(): Promise<void>
}

const run = promisify(execFile)
const ENVIRONMENT = { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }

/** Runs git with an empty configuration. */
export const git = async (folder: string, ...words: readonly string[]): Promise<void> => {
  const identity = ['-c', 'user.name=Bench', '-c', 'user.email=bench@localhost']
  await run('git', ['-C', folder, ...identity, ...words], { env: ENVIRONMENT })
}

/** Opens the world; the platform's parts are started by the first run, not here. */
export async function openWorld(size: Size): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'gander-bench-'))
  const home = join(root, 'home')
  const repository = join(root, 'repository')
  await makeRepository(repository, size.files)
  const platform = await openPlatform({ home, version: 'bench' })
  let current: Script = () => ({ text: 'nothing' })
  const model = await startScriptedModel((turn) => current(turn))
  return {
    home,
    root,
    repository,
    platform,
    model,
    submit: (script) => {
      current = script
      return platform.submit(orderOf(repository, model.url('anthropic')))
    },
    close: async () => {
      await platform.close()
      await model.close()
      await endServers(home)
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Python packages with some sixty lines a file, over several commits, and one test that passes. */
async function makeRepository(at: string, files: number): Promise<void> {
  await mkdir(join(at, 'tests'), { recursive: true })
  await git(at, 'init', '--quiet', '--initial-branch=main')
  await writeFile(join(at, 'README.md'), '# stores\n\nCounts what lies in the stores.\n')
  await writeFile(join(at, '.gitignore'), '__pycache__/\n*.pyc\n')
  await writeFile(join(at, 'tests', '__init__.py'), '')
  await writeFile(join(at, 'tests', 'test_stores.py'), TEST)
  const commits = 6
  for (let commit = 0; commit < commits; commit++) {
    for (let index = commit; index < files; index += commits) {
      const folder = join(at, 'stores', `area_${index % 20}`)
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, `shelf_${index}.py`), moduleText(index))
    }
    await git(at, 'add', '--all')
    await git(at, 'commit', '--quiet', '--message', `Shelves, part ${commit + 1}`)
  }
}

const TEST = `import unittest


class Stores(unittest.TestCase):
    def test_addition(self):
        self.assertEqual(1 + 1, 2)
`

const moduleText = (index: number): string =>
  Array.from(
    { length: 12 },
    (_, part) =>
      `def count_shelf_${index}_${part}(lines):\n    """Count the articles of part ${part}."""\n    total = ${index * part}\n    for line in lines:\n        total += len(line.strip())\n    return total\n`,
  ).join('\n\n')

const orderOf = (repository: string, url: string): RunOrder => ({
  words: {
    source: 'cli',
    source_url: null,
    repository,
    title: 'Add a summary of each shelf',
    description: 'The module stores/area_3/shelf_3.py gets a function summary(lines) that gives the number of lines.',
    acceptance_criteria: ['summary(lines) gives the number of lines.'],
    constraints: [],
    deadline: null,
    attachments: [],
    risk_hints: [],
    expected_output: null,
    owner: null,
  },
  requester: 'bench',
  base_ref: null,
  mode: 'dry_run_patch',
  scope: DEFAULT_SCOPE,
  agent: {
    kind: 'native',
    model: { provider: 'scripted', model: 'coder', api: 'anthropic', url },
    fallback: null,
  },
  verification: null,
  limits: { max_cost_usd: 5, max_minutes: 60, max_steps: 10_000, max_tokens: 1_000_000_000, max_repairs: 1 },
  keys: { scripted: 'sk-bench-0123456789abcdefghijklmnop' },
})
