import { execFileSync } from 'node:child_process'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGitServer } from '../support/git-server.ts'
import { git, outcomeOf, type Lab } from '../support/lab/lab.ts'
import { finish, plan, play } from '../support/lab/play.ts'
import { openResidentLab } from '../support/lab/resident-lab.ts'
import { packetOf, runScripted } from '../support/lab/session.ts'
import { python } from '../support/lab/solutions.ts'

const SOLUTION = { planning: [plan('stocktake/count.py')], editing: [python.source, python.test, finish()] }

let lab: Lab

beforeAll(async () => {
  lab = await openResidentLab()
})
afterAll(() => lab.close())

const issue = async (name: string, text: string): Promise<string> => {
  const file = join(lab.root, name)
  await writeFile(file, text)
  return file
}

describe('a transform', () => {
  it('by an ast-grep rule passes the same gates without a model or a judge', async () => {
    const repository = await lab.repository('typescript', 'rule')
    const rule = await issue(
      'rule.yaml',
      "id: number-parse\nlanguage: TypeScript\nrule:\n  pattern: Number($A)\nfix: Number.parseInt($A ?? '0', 10)\n",
    )
    const asked = await issue(
      'asked.md',
      '# Replace Number(…) by Number.parseInt\n\nAmounts are whole, so `Number(amount)` must become `Number.parseInt(amount, 10)` in the parser.\n',
    )
    const words = [
      'run',
      '--repo',
      repository,
      '--issue',
      asked,
      '--agent',
      'transform',
      '--rule',
      rule,
      '--mode',
      'dry_run_patch',
      '--json',
    ]
    const outcome = outcomeOf(await lab.gander(words))
    expect(outcome.state).toBe('completed')
    const packet = await packetOf(outcome)
    expect(packet.evidence.change.files.map(({ path }) => path)).toEqual(['src/parse-duration.ts'])
    expect(packet.evidence.verdicts.find(({ gate }) => gate === 'judge')?.answer).toBe('not_required')
    expect(packet.evidence.costs.use.tokens).toBe(0)
  })

  it('by a command opens a draft pull request; one that breaks the tests goes to a person', async () => {
    const repository = await lab.repository('python', 'command')
    const asked = await issue(
      'rename.md',
      '# Say in the docstring that counts are whole numbers\n\nThe docstring of stocktake/count.py should say that counts are whole numbers.\n',
    )
    const sed = (script: string) => [
      'run',
      '--repo',
      repository,
      '--issue',
      asked,
      '--json',
      '--',
      'sed',
      '-i',
      script,
      'stocktake/count.py',
    ]
    const good = outcomeOf(await lab.gander(sed('s/Reading of counted lines/Reading of counted lines, whole numbers/')))
    expect(good.state).toBe('completed')
    expect(good.pull_request?.title).toContain('docstring')
    const bad = outcomeOf(await lab.gander(sed('s/int(amount)/float(amount) + 0.5/')))
    expect(bad.state).toBe('needs_human')
  })
})

describe('a git remote', () => {
  it('that is a bare repository gets the branch, and its base branch stays', async () => {
    const repository = await lab.repository('python', 'origin-work')
    const bare = join(lab.root, 'origin.git')
    execFileSync('git', ['clone', '--quiet', '--bare', repository, bare])
    const before = await git(bare, 'rev-parse', 'main')
    const { outcome } = await runScripted(lab, play(SOLUTION), { repository: `file://${bare}` })
    expect(outcome.state).toBe('completed')
    const branch = outcome.pull_request?.branch ?? ''
    expect(await git(bare, 'rev-parse', `refs/heads/${branch}^{tree}`)).toBe(outcome.tree)
    expect(await git(bare, 'rev-parse', `refs/heads/${branch}^`)).toBe(before)
    expect(await git(bare, 'rev-parse', 'main')).toBe(before)
  })

  it('over HTTP is cloned from and pushed to', async () => {
    const repository = await lab.repository('python', 'http-work')
    const served = join(lab.root, 'served')
    execFileSync('git', ['clone', '--quiet', '--bare', repository, join(served, 'stock.git')])
    execFileSync('git', ['-C', join(served, 'stock.git'), 'config', 'http.receivepack', 'true'])
    const server = await startGitServer({ root: served })
    try {
      const { outcome } = await runScripted(lab, play(SOLUTION), { repository: `${server.url}/stock.git` })
      expect(outcome.state).toBe('completed')
      const branches = await git(join(served, 'stock.git'), 'branch', '--list', 'gander/*')
      expect(branches.split('\n')).toHaveLength(1)
    } finally {
      await server.close()
    }
  })

  it('that is a checkout with uncommitted work is read at its commit, and the work is named and left alone', async () => {
    const repository = await lab.repository('python', 'dirty')
    const path = join(repository, 'stocktake/__main__.py')
    const edited = `${await readFile(path, 'utf8')}# not committed\n`
    await writeFile(path, edited)
    await cp(path, join(repository, 'untracked.py'))
    const { outcome, stdout, stderr } = await runScripted(lab, play(SOLUTION), { repository })
    expect(outcome.state).toBe('completed')
    expect(`${stdout}${stderr}`).toMatch(/uncommitted/i)
    expect(await readFile(path, 'utf8')).toBe(edited)
    const packet = await packetOf(outcome)
    expect(packet.evidence.task.source?.uncommitted).toContain('stocktake/__main__.py')
  })
})

describe('a person', () => {
  it('cancels a run, and finds it with its state in the list', async () => {
    const repository = await lab.repository('python', 'cancelled')
    const { outcome } = await runScripted(lab, play({ ...SOLUTION, planning: [plan('stocktake/count.py')] }), {
      repository,
      words: ['--max-steps', '2'],
    })
    expect(outcome.state).toBe('paused')
    const cancelled = await lab.gander(['cancel', outcome.run_id])
    expect(cancelled.stdout + cancelled.stderr).toMatch(/cancel/i)
    const listed = await lab.gander(['list'])
    expect(listed.stdout).toMatch(/cancelled/)
  })
})
