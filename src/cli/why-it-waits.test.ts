import { describe, expect, test } from 'vitest'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import type { KillSwitch, SwitchAction, SwitchScope } from '#domain/kill-switch'
import type { Controls, Platform, RunView, SchedulerPause } from '#ports'
import { fakeCli } from '../../test/support/fake-cli-environment.ts'
import { liveProgress } from './screen/live-progress.ts'
import { tellWaits } from './tell-waits.ts'
import { whyItWaits } from './why-it-waits.ts'

const HERE = { level: 'repository', tenant_id: LOCAL_TENANT, repository: '/srv/repo' } as const
const VIEW = {
  run: { id: 'run_1' },
  task: { tenant_id: LOCAL_TENANT, repository: '/srv/repo', capability: 'c', mode: 'draft_pr' },
} as unknown as RunView

const thrown = (scope: SwitchScope, actions: readonly SwitchAction[]): KillSwitch => ({
  scope,
  actions,
  epoch: 2,
  moved_by: 'grace',
  moved_at: '2026-11-21T10:00:00.000Z',
  reason: 'a leak',
})

const PAUSE: SchedulerPause = { tenant_id: null, paused_by: 'ada', paused_at: '', reason: 'maintenance' }

function platformWith(pauses: readonly SchedulerPause[], switches: readonly KillSwitch[]): Platform {
  const controls = {
    tenant_id: LOCAL_TENANT,
    governance: { schedulerPauses: async () => pauses },
    switches: { read: async () => ({ switches, moves: 2, read_at: '' }) },
  } as unknown as Controls
  return { controls, view: async () => VIEW } as unknown as Platform
}

describe('what a queued run waits for', () => {
  test('names who paused the scheduler, why, and what goes on', async () => {
    const [line] = await whyItWaits(platformWith([PAUSE], []), async () => VIEW)
    expect(line).toContain('paused by ada: maintenance')
    expect(line).toContain('gander ops unpause --all')
  })

  test('names a switch that keeps it from being leased, and no other', async () => {
    const switches = [
      thrown(HERE, ['no_new_runs']),
      thrown({ ...HERE, repository: '/srv/other' }, ['no_new_runs']),
      thrown({ level: 'global' }, ['no_pull_requests']),
      thrown({ level: 'tenant', tenant_id: LOCAL_TENANT }, []),
    ]
    const lines = await whyItWaits(platformWith([], switches), async () => VIEW)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/grace.*no_new_runs.*a leak.*gander resume repository \/srv\/repo/)
  })

  test('is nothing where nothing holds it, and where nobody may ask', async () => {
    expect(await whyItWaits(platformWith([], []), async () => VIEW)).toEqual([])
    expect(await whyItWaits({}, async () => VIEW)).toEqual([])
  })

  test('is told once while a run is queued, and not of one that is worked on', async () => {
    const cli = fakeCli()
    const live = liveProgress(cli.environment, cli.environment.stdout)
    const every = () => () => undefined
    const waits = tellWaits('run_1' as RunId, { every }, { platform: platformWith([PAUSE], []), live })
    waits.stands('editing')
    await new Promise(setImmediate)
    expect(cli.out()).toBe('')
    waits.stands('queued')
    await expect.poll(cli.out).toContain('paused by ada')
    waits.stands('queued')
    await new Promise(setImmediate)
    expect(cli.out().match(/paused by ada/g)).toHaveLength(1)
    waits.stop()
  })
})
