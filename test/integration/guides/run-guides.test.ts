import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitingRun } from '../../support/approval-desk.ts'
import { blocksOf, commandsOf } from './guide-blocks.ts'
import { openGuideGround, type GuideGround } from './guide-ground.ts'

let ground: GuideGround
beforeAll(async () => {
  ground = await openGuideGround()
})
afterAll(() => ground.close())

/** What a laptop cannot do by itself, and which test does it instead. */
const ELSEWHERE: readonly (readonly [line: RegExp, why: string])[] = [
  [/^apt-get /, 'installs programs on the machine; ./dev does so before the suite'],
  [/^gander (--server \S+ )?run /, 'needs a model; test/e2e/issue-to-pull-request.test.ts and serve.test.ts run it'],
  [/^gander (control-plane|gateway|worker)\b/, 'is for several hosts; test/e2e/processes-apart.test.ts starts them'],
  [/^gander serve --oidc-issuer/, 'needs an identity provider; test/integration/api/sign-in.test.ts has one'],
  [/^gander login --server \S+( --device)?$/, 'opens a browser; test/integration/api/sign-in.test.ts follows it'],
  [/^GANDER_HOME=/, 'needs a second database; test/integration/audit/backup.test.ts restores a backup into one'],
  [
    /^gander stop --drill/,
    'works and stops a run in a sandbox, which takes longer than a guide may; try it on the machine',
  ],
  [/pdec_…$/, 'needs a run that asked policy something'],
  [/^gander replay /, 'needs a run that was worked on; the tests of replay have some'],
]

/** Ends otherwise than with 0, and rightly: a question is answered and the run waits for a worker, or a rule says no. */
const ENDS: readonly (readonly [line: RegExp, code: number])[] = [
  [/^gander approve RUN/, 3],
  [/^gander autonomy move \S+ 3$/, 4],
]

const seen = new Set<string>()

/** Runs every command of a guide in order; each ends as it should, or is named with who runs it instead. */
async function runGuide(guide: string, before: (line: string) => Promise<void> | void = () => undefined) {
  const ran: string[] = []
  for (const command of commandsOf(guide)) {
    const { line } = command
    // One look at the machine is enough for all.
    if (seen.has(line)) continue
    if (line === 'gander doctor') seen.add(line)
    if (line.startsWith('export ') || ELSEWHERE.some(([where]) => where.test(line))) continue
    await before(line)
    const { code, out, err } = await ground.run(command)
    const wanted = ENDS.find(([where]) => where.test(line))?.[1] ?? 0
    expect(`${line} → ${code}`, `${out}${err}`).toBe(`${line} → ${wanted}`)
    ran.push(line)
    note(line, out)
  }
  return ran
}

/** Ids that a command gives away, for the commands after it. */
function note(line: string, out: string): void {
  const [token] = /tok_\w{26}/.exec(out) ?? []
  const [tenant] = /ten_\w{26}/.exec(out) ?? []
  if (token !== undefined && line.startsWith('gander token list')) ground.names.set('tok_…', token)
  if (tenant !== undefined) ground.names.set('ten_…', tenant)
}

const write = (path: string, text: string) => {
  const file = join(ground.home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

describe('on a laptop, one after the other, with one home and one server', () => {
  test('install.md', async () => {
    expect(await runGuide('install.md')).toContain('gander doctor')
  })

  test('server.md', async () => {
    expect(await runGuide('server.md')).toContain('GANDER_SERVER=http://127.0.0.1:4750 gander list')
  })

  test('roles.md', async () => {
    const run = await waitingRun(ground.store)
    ground.names.set('9f3c…', run)
    expect((await runGuide('roles.md')).length).toBeGreaterThan(7)
  })

  test('approvals.md', async () => {
    await runGuide('approvals.md', async (line) => {
      if (!/^gander (approve|reject|revoke) RUN/.test(line)) return
      await ground.run({ line: '', env: {}, words: ['gander', 'ops', 'unpause'] })
      const checkpoint = { kind: 'checkpoint', action: 'checkpoint.after_plan' } as const
      const asked = await waitingRun(ground.store, line.includes('--changes') ? checkpoint : {})
      // Nobody works here, so that an answer is seen as it was given.
      await ground.run({ line: '', env: {}, words: ['gander', 'ops', 'pause'] })
      ground.names.set('RUN', asked)
      if (line.startsWith('gander revoke')) await ground.run({ line: '', env: {}, words: ['gander', 'approve', asked] })
    })
  })

  test('capabilities.md', async () => {
    const [contract] = blocksOf('capabilities.md').filter(({ language }) => language === 'yaml')
    write('capabilities/team.low_risk_bugfix.yaml', contract?.text ?? '')
    expect((await runGuide('capabilities.md')).length).toBeGreaterThan(3)
  })

  test('policy.md, with the policy, the rules and the tests that it shows', async () => {
    const blocks = blocksOf('policy.md')
    const [policy, tests] = blocks.filter(({ language }) => language === 'yaml')
    const [cedar] = blocks.filter(({ language }) => language === 'cedar')
    write('policy/platform.yaml', policy?.text ?? '')
    write('policy/platform.cedar', cedar?.text ?? '')
    write('policy/tests/paths.yaml', tests?.text ?? '')
    expect((await runGuide('policy.md')).length).toBeGreaterThan(8)
  })

  test('operate.md', async () => {
    expect(await runGuide('operate.md')).toContain('gander audit verify')
  })

  test('stop-everything.md', async () => {
    expect((await runGuide('stop-everything.md')).length).toBeGreaterThan(1)
  })

  test('audit.md', async () => {
    expect((await runGuide('audit.md')).length).toBeGreaterThan(9)
  })

  test('backup-and-restore.md, as far as the home that is copied', async () => {
    expect((await runGuide('backup-and-restore.md')).length).toBe(2)
  })
})
