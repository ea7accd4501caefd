import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ASKING_PROFILE, askingRepository, publicNpmRegistry } from '../support/lab/asking-repository.ts'
import { openLab, outcomeOf, type Lab } from '../support/lab/lab.ts'

const host = await publicNpmRegistry()
const CHANGE = ['--mode', 'dry_run_patch', '--json', '--', 'sh', '-c', 'echo new > notes.txt']

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

const repositoryOf = (name: string, more: Readonly<Record<string, string>> = {}) => askingRepository(lab, name, more)
const start = async (repository: string, words: readonly string[] = []) =>
  lab.gander(['run', '--repo', repository, ...words, ...CHANGE])

describe.skipIf(host === undefined)(
  'a host that setup is refused (skipped where the npm registry of this machine is no public https host that answers)',
  () => {
    it('makes the run wait; an approval opens it for that run alone, which goes on to its end; rejected, a run ends with its own class', async () => {
      const repository = await repositoryOf('approved')
      const first = await start(repository)
      const waiting = outcomeOf(first)
      expect(waiting, first.stdout + first.stderr).toMatchObject({
        state: 'awaiting_approval',
        approval: { action: 'egress.connect', subject: [host], decision: null },
      })
      expect(first.code).toBe(3)

      const continued = await lab.gander(['continue', waiting.run_id])
      expect(continued.code).not.toBe(0)
      expect(continued.stderr).toMatch(/gander approve/)
      const shown = await lab.gander(['show', waiting.run_id])
      expect(shown.stdout).toContain(host)
      expect(shown.stdout).toMatch(new RegExp(`approve ${waiting.run_id}`))

      const listed = await lab.gander(['list'])
      expect(listed.stdout).toMatch(new RegExp(`approve ${waiting.run_id}`))

      const approved = await lab.gander(['approve', waiting.run_id, '--by', 'ada', '--json'])
      expect(outcomeOf(approved), approved.stdout + approved.stderr).toMatchObject({ state: 'completed' })
      const twice = await lab.gander(['approve', waiting.run_id])
      expect(twice.stderr).toMatch(/waits for no approval/)

      // The approval was good for that run alone; rejected, the next one ends with its own class.
      const next = outcomeOf(await start(repository))
      expect(next).toMatchObject({ state: 'awaiting_approval' })
      expect((await lab.gander(['reject', next.run_id, '--reason', 'not this one'])).code).toBe(0)
      const ended = await lab.gander(['show', next.run_id, '--json'])
      expect(outcomeOf(ended)).toMatchObject({
        state: 'blocked_policy',
        diagnosis: { class: 'approval_denied', why: 'not this one' },
      })
      expect((await lab.gander(['approve', next.run_id])).stderr).toMatch(/waits for no approval/)
    }, 240_000)

    it('is never asked for where the profile that a task file names asks nobody, and is open where one names the host', async () => {
      const closed = join(lab.root, 'closed.yaml')
      await writeFile(closed, 'id: closed\nnetwork: {ask: false}\n')
      const repository = await repositoryOf('closed')
      const task = join(lab.root, 'task.yaml')
      await writeFile(task, 'objective: The word in notes.txt must be new.\nsandbox_profile: ./closed.yaml\n')
      const ended = outcomeOf(await start(repository, ['--task', task]))
      expect(ended).toMatchObject({ state: 'blocked_policy', diagnosis: { class: 'egress_blocked' } })
      const open = join(lab.root, 'open.yaml')
      await writeFile(open, `id: open\nnetwork: {ask: false, allowlist: [${host}]}\n`)
      expect(outcomeOf(await start(repository, ['--sandbox-profile', open]))).toMatchObject({ state: 'completed' })
    }, 180_000)
  },
)

describe('a sandbox profile', () => {
  const QUIET = {
    '.gander/verify.yaml': ASKING_PROFILE.replace(/setup:[\s\S]*?(?=phases:)/, ''),
    'ms.test.js': `require('node:test').test('is there', () => {})\n`,
  }

  it('of the repository that keeps a path as it is stops a change of it at the boundary', async () => {
    const files = { ...QUIET, '.gander/sandbox.yaml': 'filesystem: {read_only_paths: [notes.txt]}\n' }
    const ended = outcomeOf(await start(await repositoryOf('narrow', files)))
    expect(ended).toMatchObject({ state: 'blocked_policy', diagnosis: { class: 'policy_violation' } })
    expect(outcomeOf(await start(await repositoryOf('wide', QUIET)))).toMatchObject({ state: 'completed' })
  }, 120_000)

  it('that requires a class which this machine has not is refused by policy, and a wrong one before anything starts', async () => {
    const strong = join(lab.root, 'strong.yaml')
    await writeFile(strong, 'requires: {isolation: own_kernel}\n')
    const repository = await repositoryOf('strong', QUIET)
    const ended = outcomeOf(await start(repository, ['--sandbox-profile', strong]))
    expect(ended).toMatchObject({ state: 'blocked_policy', diagnosis: { class: 'policy_violation' } })
    const unknown = await start(repository, ['--sandbox-profile', 'nowhere'])
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toMatch(/There is no sandbox profile nowhere/)
  }, 120_000)
})
