import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { StopDrill } from '#cli'
import { DEFAULT_LIMITS } from '#domain/budget'
import { GanderError } from '#domain/failure'
import { DEFAULT_SCOPE } from '#domain/task'
import type { Platform, RunOrder, RunView } from '#ports'
import { systemClock } from './system-clock.ts'

const run = promisify(execFile)

/** How long the drill waits for its run to work, and for it to end. */
const PATIENCE_MS = 60_000
const POLL_MS = 20

/**
 * Stops one run of a repository that is made for it and measures how long anything of it goes on; nobody else's work is
 * touched. @throws GanderError where the drill's run does not get as far as working
 */
export async function drillStop(platform: Platform, home: string): Promise<StopDrill> {
  const { controls } = platform
  if (controls === undefined) throw new GanderError('usage', 'A drill needs the platform in this process.')
  // An argument that no other process has.
  const mark = `86${randomInt(1_000_000)}`
  const repository = join(home, 'drill', mark)
  const scope = { level: 'repository', tenant_id: controls.tenant_id, repository } as const
  await makeRepository(repository)
  try {
    const submitted = await platform.submit(orderOf(repository, mark))
    const ended = platform.work(submitted.run.id)
    await Promise.race([until(() => isAlive(mark)), ended.then(endedEarly)])
    const from = performance.now()
    await controls.switches.stop(scope, ['cancel_running_runs', 'no_new_runs'], 'gander', 'drill')
    const acknowledged = performance.now()
    await until(async () => !(await isAlive(mark)))
    const dead = performance.now()
    const { run: after } = await ended
    const over = performance.now()
    return {
      run_id: after.id,
      state: after.state,
      acknowledged_ms: Math.round(acknowledged - from),
      last_effect_ms: Math.round(dead - acknowledged),
      run_ended_ms: Math.round(over - acknowledged),
    }
  } finally {
    await controls.switches.resume(scope, [], 'gander', 'the drill is over')
    await rm(repository, { recursive: true, force: true })
  }
}

function endedEarly({ run: { id, state } }: RunView): never {
  throw new GanderError('sandbox_unavailable', `The drill's run ended as ${state} before it could be stopped.`, {
    remedy: `\`gander show ${id}\` tells why.`,
  })
}

async function makeRepository(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, 'drill.txt'), 'A repository for one drill.\n')
  const env = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }
  const who = ['-c', 'user.name=Gander', '-c', 'user.email=drill@localhost']
  for (const words of [
    ['init', '--quiet', '--initial-branch=main'],
    ['add', '--all'],
    ['commit', '--quiet', '-m', 'Drill'],
  ])
    await run('git', ['-C', folder, ...who, ...words], { env })
}

const orderOf = (repository: string, mark: string): RunOrder => ({
  words: {
    source: 'cli',
    source_url: null,
    repository,
    title: 'A drill of the kill switch',
    description: 'Work that goes on until it is stopped.',
    acceptance_criteria: ['It is stopped.'],
    constraints: [],
    deadline: null,
    attachments: [],
    risk_hints: [],
    expected_output: null,
    owner: null,
  },
  requester: 'gander',
  base_ref: null,
  mode: 'dry_run_patch',
  scope: DEFAULT_SCOPE,
  agent: { kind: 'transform', rule: { kind: 'command', argv: ['sleep', mark] } },
  verification: {
    kind: 'given',
    source: 'id: drill\nphases:\n  - id: test\n    command: [test, -s, drill.txt]\n',
  },
  limits: DEFAULT_LIMITS,
  keys: {},
})

/** True while a process with that argument lives on this machine. */
async function isAlive(mark: string): Promise<boolean> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    if ((await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')) === `sleep\0${mark}\0`) return true
  }
  return false
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new GanderError('sandbox_unavailable', 'The drill did not come to its end in a minute.')
    await systemClock.sleep(POLL_MS)
  }
}
