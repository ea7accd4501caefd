import { describe, expect, test } from 'vitest'
import type { KillSwitch, SwitchAction, SwitchStanding } from '#domain/kill-switch'
import type { Task } from '#domain/task'
import type { RegistryDoor, SwitchCheck } from '#ports'
import { WorkStopped } from './lease-keeper.ts'
import { watchSwitches } from './stop-watch.ts'

const task = { tenant_id: 'ten_local', repository: '/srv/repo', capability: 'bug_fix', mode: 'draft_pr' } as Task

/** A check whose answer is set by hand. */
function checkOf() {
  let standing: SwitchStanding = { known: true, switches: [] }
  const hints = new Set<() => void>()
  const question = { tenant_id: task.tenant_id, campaign_id: null, repository: '', capability: '' }
  const check: SwitchCheck = {
    standing: async () => standing,
    standingNow: async () => standing,
    standingOfRun: async () => ({ standing, question }),
    onHint: (changed) => {
      hints.add(changed)
      return () => hints.delete(changed)
    },
  }
  const say = (next: SwitchStanding): void => {
    standing = next
    for (const hint of hints) hint()
  }
  const stop = (...actions: SwitchAction[]): void => {
    const thrown: KillSwitch = {
      scope: { level: 'global' },
      actions,
      epoch: 3,
      moved_by: 'ada',
      moved_at: '',
      reason: 'a leak',
    }
    say({ known: true, switches: [thrown] })
  }
  return { check, hints, stop, say }
}

describe('the watch of one run', () => {
  test('a switch ends it as cancelled by whoever threw it, and every act after that is refused', async () => {
    const { check, stop } = checkOf()
    const watch = watchSwitches(check, task)
    await watch.leave('work')
    stop('cancel_running_runs')
    await expect(watch.leave('work')).rejects.toMatchObject({ reason: 'cancelled' })
    expect(watch.signal.reason).toBeInstanceOf(WorkStopped)
    const { by } = watch.signal.reason as WorkStopped
    expect(by).toBe('ada, kill switch over everything (cancel_running_runs, epoch 3): a leak')
    watch.stop()
  })

  test('what only may not be published or fetched now says so and ends nothing', async () => {
    const { check, stop } = checkOf()
    const watch = watchSwitches(check, task)
    stop('no_pull_requests', 'no_shell_network')
    await watch.leave('work')
    await expect(watch.leave('publish')).rejects.toMatchObject({ code: 'stopped' })
    await expect(watch.leave('shell_network')).rejects.toMatchObject({ code: 'stopped' })
    expect(watch.signal.aborted).toBe(false)
    watch.stop()
  })

  test('KI-03 a state that nobody can tell puts the run down and does not end it', async () => {
    const { check, say } = checkOf()
    const watch = watchSwitches(check, task)
    say({ known: false })
    await expect(watch.leave('work')).rejects.toMatchObject({ reason: 'lease_lost' })
    watch.stop()
  })

  test('KI-03 nothing is published on a reading that was fine a moment ago', async () => {
    const { check } = checkOf()
    const watch = watchSwitches({ ...check, standingNow: async () => ({ known: false }) }, task)
    await watch.leave('work')
    await expect(watch.leave('publish')).rejects.toMatchObject({ code: 'database_unavailable', retryable: true })
    watch.stop()
  })

  test('KI-01 an open way to registries is closed by a hint, and none is opened while it is stopped', async () => {
    const { check, stop, hints } = checkOf()
    const watch = watchSwitches(check, task)
    let closed = 0
    const door = { report: () => ({}), close: async () => void (closed += 1) } as unknown as RegistryDoor
    const proxy = watch.guardProxy({ open: async () => door })
    const wish = {} as Parameters<typeof proxy.open>[0]
    await proxy.open(wish)
    expect(closed).toBe(0)
    stop('no_shell_network')
    await expect.poll(() => closed).toBe(1)
    await expect(proxy.open(wish)).rejects.toMatchObject({ code: 'stopped' })
    watch.stop()
    expect(hints.size).toBe(0)
  })

  test('without a check nothing is stopped', async () => {
    const watch = watchSwitches(undefined, task)
    await watch.leave('publish')
    expect(watch.signal.aborted).toBe(false)
  })
})
