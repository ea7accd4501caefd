import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcomeOf, type Lab } from '../../support/lab/lab.ts'
import { openResidentLab } from '../../support/lab/resident-lab.ts'
import { packetOf } from '../../support/lab/session.ts'

let lab: Lab
let repository: string
const VERIFY = ['--verify', 'verify.yaml', '--agent', 'transform']
const WRITE = (path: string) => ['--', 'sh', '-c', `mkdir -p "$(dirname ${path})"; echo "a line" >> ${path}`]

/** What proves a change where nothing is to be proved but the way of a run. */
const QUICK_PROFILE = `ecosystem: command
phases:
  - id: tests
    command: [printf, 'TAP version 13\\n1..1\\nok 1 - stands\\n']
    results: {format: tap, path: '-'}
`

const OWN = `id: team.notes
owner: docs-team
description: Write notes.
allowed_inputs: [cli]
allowed_repositories: ['*']
allowed_paths: ['notes/**']
allowed_actions: [clone_repository, inspect_code, run_commands, edit_files, create_branch, open_pull_request]
credentials: [forge]
required_evidence: [patch_summary, risk_assessment]
approval: {open_pr: automatic}
`

beforeAll(async () => {
  lab = await openResidentLab()
  repository = await lab.repository('python')
  await mkdir(join(lab.home, 'capabilities'), { recursive: true })
  await writeFile(join(lab.home, 'capabilities', 'team.notes.yaml'), OWN)
  await writeFile(join(lab.home, 'capabilities', 'team.broken.yaml'), `${OWN}openings: x\n`)
  await writeFile(join(lab.root, 'verify.yaml'), QUICK_PROFILE)
}, 60_000)
afterAll(() => lab.close())

const run = (capability: readonly string[], path: string, mode = 'dry_run_patch') =>
  lab.gander(['run', '--repo', repository, '--mode', mode, ...capability, ...VERIFY, '--json', ...WRITE(path)])

describe('a capability', () => {
  it('that is not registered is refused with the list of those that are', async () => {
    const done = await run(['--capability', 'team.unknown'], 'x')
    expect(done.code).toBe(2)
    expect(done.stderr).toMatch(/There is no capability "team\.unknown"; there are advisor\.analysis, .*team\.notes/)
  })

  it('whose file does not hold is refused with field and line, and listed as invalid', async () => {
    const done = await run(['--capability', 'team.broken'], 'x')
    expect(done.stderr).toMatch(/capabilities\/team\.broken\.yaml: openings \(line 11\) is no known field/)
    const { stdout } = await lab.gander(['capability', 'list'])
    expect(stdout).toMatch(/team\.broken +invalid/)
    expect(stdout).toMatch(/team\.notes +active +draft_pr +docs-team +Write notes\./)
    expect((await lab.gander(['capability', 'check'])).code).toBe(2)
  })

  it('refuses what it does not reach, before a run is made', async () => {
    const done = await run(['--capability', 'docs.update'], 'README.md')
    expect(done.stderr).toMatch(
      /more than the capability docs\.update allows[\s\S]*A guest or a command works with its own/,
    )
    expect(done.code).toBe(2)
  })

  it('is pinned to the run, lets it work within its paths, and has its evidence', async () => {
    const done = await run(['--capability', 'team.notes'], 'notes/a.md')
    const outcome = outcomeOf(done)
    expect(outcome).toMatchObject({ state: 'completed' })
    const shown = await lab.gander(['show', outcome.run_id, '--json'])
    const { task } = JSON.parse(shown.stdout.trim()) as { task: { grant: { id: string; hash: string } } }
    expect(task.grant).toMatchObject({ id: 'team.notes', hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const packet = await packetOf(outcome)
    expect(packet.evidence.task.grant).toEqual(task.grant)
  })

  it('stops a change outside its paths', async () => {
    const outcome = outcomeOf(await run(['--capability', 'team.notes'], 'stocktake/x.py'))
    expect(outcome).toMatchObject({ state: 'blocked_policy', diagnosis: { class: 'policy_violation' } })
  })

  it('that was disabled is refused with who and why, until it is opened again', async () => {
    expect((await lab.gander(['capability', 'disable', 'team.notes', '--reason', 'under review'])).stdout).toMatch(
      /team\.notes is disabled/,
    )
    expect((await run(['--capability', 'team.notes'], 'notes/a.md')).stderr).toMatch(
      /was disabled by [\s\S]*under review/i,
    )
    await lab.gander(['capability', 'enable', 'team.notes'])
    const shown = await lab.gander(['capability', 'show', 'team.notes'])
    expect(shown.stdout).toMatch(/team\.notes +active/)
    expect(shown.stdout).toMatch(/paths +notes\/\*\*/)
  })
})

describe('the risk of a run', () => {
  it('is read before work and again after the change, explained by reasons', async () => {
    const outcome = outcomeOf(await run([], 'stocktake/auth/login.py'))
    expect(outcome).toMatchObject({ state: 'completed' })
    const { stdout } = await lab.gander(['risk', outcome.run_id, '--json'])
    const readings = JSON.parse(stdout) as { stage: string; tier: string; required_approvals: string[] }[]
    expect(readings.map(({ stage, tier }) => [stage, tier])).toEqual([
      ['intake', 'medium'],
      ['change', 'high'],
    ])
    expect(readings[1]?.required_approvals).toContain('security_owner')
    expect((await lab.gander(['show', outcome.run_id])).stdout).toMatch(/risk +high, autonomy tier 1 at most/)
  })

  it('is told before work begins, and where the change raised it people are asked before anything leaves', async () => {
    const done = await run([], 'stocktake/auth/keys.py', 'draft_pr')
    expect(done.stderr).toMatch(/risk +medium: .*\nautonomy +draft_pr, level 3 \(autonomous\)/)
    const outcome = outcomeOf(done)
    expect(outcome).toMatchObject({ state: 'awaiting_approval', approval: { action: 'checkpoint.after_test' } })
    const shown = await lab.gander(['show', outcome.run_id])
    expect(shown.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /asked because the risk is high, which leaves level 2 and not 3/,
    )
  })
})
