import { describe, expect, test } from 'vitest'
import type { KillSwitch, SwitchAction, SwitchScope } from '#domain/kill-switch'
import { LOCAL_TENANT } from '#domain/ids'
import type { Administration, Controls, Platform } from '#ports'
import { runCommandLine } from '#cli'
import { fakeCli } from '../../../test/support/fake-cli-environment.ts'

interface Moved {
  readonly scope: SwitchScope
  readonly actions: readonly SwitchAction[]
  readonly reason: string
}

/** A command line over switches in memory. */
function cliWith(typed?: string) {
  const moved: Moved[] = []
  const move = async (
    scope: SwitchScope,
    actions: readonly SwitchAction[],
    by: string,
    reason: string,
  ): Promise<KillSwitch> => {
    moved.push({ scope, actions, reason })
    return { scope, actions, epoch: moved.length, moved_by: by, moved_at: '2026-11-21T10:00:00.000Z', reason }
  }
  const controls = { tenant_id: LOCAL_TENANT, switches: { stop: move, resume: move } } as unknown as Controls
  const platform = { controls, close: async () => {} } as unknown as Platform
  const cli = fakeCli({ platform, ...(typed === undefined ? {} : { typed, is_terminal: true }) })
  return { ...cli, moved, run: (...words: string[]) => runCommandLine(cli.environment, words) }
}

const ALL: readonly SwitchAction[] = ['no_new_runs', 'cancel_running_runs', 'no_pull_requests']

describe('gander stop', () => {
  test('stops every effect where no flag says what, and tells what lifts it', async () => {
    const { run, moved, out } = cliWith()
    expect(await run('stop', 'everything', '--reason', 'leak')).toBe(0)
    expect(moved).toEqual([{ scope: { level: 'global' }, actions: ALL, reason: 'leak' }])
    expect(out()).toContain('gander resume everything')
  })

  test('takes a folder by its whole path and an address as it is', async () => {
    const { run, moved } = cliWith()
    await run('stop', 'repository', '../other', '--pull-requests', '--reason', 'x')
    await run('stop', 'repository', 'https://git.example.org/a.git', '--block', '--reason', 'x')
    expect(moved.map(({ scope, actions }) => [scope, actions])).toEqual([
      [{ level: 'repository', tenant_id: LOCAL_TENANT, repository: '/home/ada/other' }, ['no_pull_requests']],
      [
        { level: 'repository', tenant_id: LOCAL_TENANT, repository: 'https://git.example.org/a.git' },
        ['block_repository'],
      ],
    ])
  })

  test.each([
    ['no reason', ['stop', 'everything']],
    ['an empty reason', ['stop', 'everything', '--reason', ' ']],
    ['an empty reason to lift', ['resume', 'everything', '--reason', '']],
    ['an empty reason to pause', ['ops', 'pause', '--reason', '']],
    ['no name', ['stop', 'campaign', '--reason', 'x']],
    ['a name too many', ['stop', 'tenant', 'mine', '--reason', 'x']],
    ['nothing that can be stopped', ['stop', 'time', '--reason', 'x']],
    ['nobody to ask', ['stop']],
  ])('refuses %s and moves nothing', async (_, words) => {
    const { run, moved, err } = cliWith()
    expect(await run(...words)).toBe(2)
    expect(moved).toEqual([])
    expect(err()).toContain('next')
  })

  test('without words it tells what it would do, and does it for a typed yes only', async () => {
    const no = cliWith('y')
    expect(await no.run('stop')).toBe(2)
    expect(no.moved).toEqual([])
    const yes = cliWith('stop')
    expect(await yes.run('stop')).toBe(0)
    expect(yes.err()).toContain('every run in hand is cancelled')
    expect(yes.moved).toMatchObject([{ scope: { level: 'global' }, actions: ALL }])
  })

  test('resume takes back what the flags name, and everything where they name nothing', async () => {
    const { run, moved } = cliWith()
    await run('resume', 'everything', '--running')
    await run('resume', 'tenant')
    expect(moved.map(({ actions }) => actions)).toEqual([['cancel_running_runs'], []])
  })

  test('a verifier is set by its name, taken back, and refused where there is none of that name', async () => {
    const put: unknown[] = []
    const { environment, err } = fakeCli()
    const desk = {
      putRepository: async (repository: string, agreement: object) => {
        put.push([repository, agreement])
        return { repository, version: put.length, ...agreement }
      },
      close: async () => {},
    } as unknown as Administration
    const wired = { ...environment, openAdministration: async () => desk }
    const run = (profile: string) =>
      runCommandLine(wired, ['ops', 'verifier', 'https://git.example.org/a.git', profile])
    expect([await run('go-standard'), await run('none')]).toEqual([0, 0])
    expect(put).toEqual([
      ['https://git.example.org/a.git', { verifier_profile: 'go-standard' }],
      ['https://git.example.org/a.git', { verifier_profile: null }],
    ])
    expect(await run('go')).toBe(2)
    expect(err()).toContain('rust-cargo-standard')
    expect(put).toHaveLength(2)
  })
})
