import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRunStore, openDatabase, type Database } from '#adapters/postgres'
import type { RunId } from '#domain/ids'
import type { RunStore } from '#ports'
import { identifiers } from '../../src/main/system-clock.ts'
import { finished, git, openLab, outcomeOf, until, type Lab } from '../support/lab/lab.ts'

const FILES: Readonly<Record<string, string>> = {
  '.gander/verify.yaml':
    "ecosystem: node\nphases:\n  - id: tests\n    command: [node, --test, --test-reporter=tap]\n    results: {format: tap, path: '-'}\n",
  'package.json': '{"name":"notes","version":"1.0.0"}\n',
  'notes.test.js': "require('node:test').test('is there', () => {})\n",
  'notes.txt': 'old\n',
}

const POLICY = `
commands: { asked: [{ rule: shells, names: [sh], why: a script may do anything }] }
paths: { asked: [{ rule: notes, paths: [notes.txt], why: people write them }] }
actions: { asked: [{ rule: pushes, names: [branch.push], why: somebody looks at branches }] }
`

let lab: Lab
let database: Database
let store: RunStore
let repository: string

beforeAll(async () => {
  lab = await openLab()
  const folder = join(lab.root, 'files')
  for (const [path, text] of Object.entries(FILES).map(([path, text]) => [join(folder, path), text] as const)) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  repository = await lab.repository({ folder }, 'notes')
  await mkdir(join(lab.home, 'policy'), { recursive: true })
  await writeFile(join(lab.home, 'policy/platform.yaml'), POLICY)
  database = await openDatabase({ home: lab.home })
  store = createRunStore({ database, identifiers })
})
afterAll(async () => {
  await database.close()
  await lab.close()
})

/** Kills the process that takes the run up, once the yes is on record and before the run came to its next question. */
async function approveAndKill(id: RunId): Promise<void> {
  const child = lab.start(['approve', id, '--by', 'ada', '--json'])
  const end = finished(child)
  await until(async () => (await store.load(id))?.run.state !== 'awaiting_approval' || child.exitCode !== null, 60_000)
  child.kill('SIGKILL')
  await end
}

describe('an act that policy lets a person decide', () => {
  it('makes the run wait for exactly that, and goes on once after the yes, though its worker died between the two', async () => {
    const change = ['sh', '-c', 'echo new >> notes.txt']
    const words = ['run', '--repo', repository, '--mode', 'local_branch', '--json', '--', ...change]
    const command = outcomeOf(await lab.gander(words))
    expect(command).toMatchObject({
      state: 'awaiting_approval',
      approval: { kind: 'leave', action: 'shell.exec', subject: ["sh -c 'echo new >> notes.txt'"] },
    })
    // The identifier is the program's own output.
    const id = command.run_id as RunId
    expect(await git(repository, 'branch', '--list', 'gander/*')).toBe('')

    await approveAndKill(id)
    const path = outcomeOf(await lab.gander(['continue', id, '--json']))
    expect(path).toMatchObject({
      state: 'awaiting_approval',
      approval: {
        kind: 'leave',
        action: 'file.write',
        subject: ['notes.txt'],
        preview: { files: 1, paths: ['notes.txt'] },
      },
    })
    const push = outcomeOf(await lab.gander(['approve', id, '--by', 'ada', '--json']))
    expect(push).toMatchObject({ state: 'awaiting_approval', approval: { kind: 'publication', action: 'branch.push' } })
    expect(await git(repository, 'branch', '--list', 'gander/*')).toBe('')

    const done = outcomeOf(await lab.gander(['approve', id, '--by', 'ada', '--json']))
    expect(done, JSON.stringify(done)).toMatchObject({ state: 'completed' })
    const events = (await store.events(id, 0)).map(({ event }) => event)
    const times = (name: string) => events.filter((event) => event === name).length
    expect([times('approval_requested'), times('approval_used'), times('branch_pushed')]).toEqual([3, 3, 1])
    const branch = (await git(repository, 'branch', '--list', '--format=%(refname:short)', 'gander/*')).trim()
    expect(await git(repository, 'show', `${branch}:notes.txt`)).toBe('old\nnew')
    const decisions = (await store.decisions(id)).filter(({ action }) => action === 'shell.exec')
    expect(decisions.map(({ answer }) => answer)).toEqual(expect.arrayContaining(['ask', 'allow']))

    // Of all that was decided, a policy without the first rule would have answered one question otherwise.
    const asked = decisions.find(({ answer }) => answer === 'ask')
    await writeFile(join(lab.home, 'policy/platform.yaml'), POLICY.replace(/^commands:.*$/m, ''))
    const replayed = await lab.gander(['policy', 'replay', '--since', '30d', '--json'])
    expect(JSON.parse(replayed.stdout), replayed.stderr).toMatchObject({
      left_out: 0,
      changed: [{ decision_id: asked?.decision_id, was: 'ask', becomes: 'allow', because: ['installation: shells'] }],
    })
    const shown = await lab.gander(['policy', 'replay', '--since', '30d'])
    expect(shown.stdout).toMatch(/ask → allow.*shell\.exec.*installation: shells/)
    expect(shown.stdout).toMatch(/1 would come out otherwise/)
  }, 240_000)
})
