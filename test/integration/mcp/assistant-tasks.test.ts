import { describe, expect, it } from 'vitest'
import type { RunView } from '#ports'
import { takeAssistantTasks } from '../../../src/cli/assistant-tasks.ts'
import { fakeCli } from '../../support/fake-cli-environment.ts'
import { fakePlatform, fakeRun, fakeView } from '../../support/fake-platform.ts'

const TASK = {
  repository: '/home/ada/retry',
  title: 'Cap the\nretry delay',
  description: 'The delay grows without bound; it must never exceed the configured maximum.',
  mode: 'dry_run_patch',
} as const
const FLAGS = { model: 'recorded:/x.json', maxCost: 1 }
const view = fakeView(fakeRun('completed'))
const settled = () => new Promise((done) => setTimeout(done, 20))

/** Tasks over a platform whose work goes on until it is let go or cancelled. */
function open() {
  const working: { readonly signal: AbortSignal | undefined; readonly end: () => void }[] = []
  const work = (signal: AbortSignal | undefined) =>
    new Promise<RunView>((done) => {
      const end = () => done(view)
      signal?.addEventListener('abort', end)
      working.push({ signal, end })
    })
  const platform = fakePlatform({ runs: [view], work })
  const { environment } = fakeCli({ platform })
  const cli = { environment, after_dashes: [], ended: () => undefined, server: () => undefined }
  return { tasks: takeAssistantTasks(cli, platform, FLAGS), platform, working }
}

describe('tasks of an assistant', () => {
  it('become orders of an unknown author, with the model and limits of the person who serves', async () => {
    const { tasks, platform } = open()
    expect(await tasks.submit(TASK)).toBe(view.run.id)
    const [order] = platform.orders
    expect(order).toMatchObject({
      words: { source: 'assistant', title: 'Cap the retry delay', repository: '/home/ada/retry' },
      mode: 'dry_run_patch',
      limits: { max_cost_usd: 1 },
      agent: { kind: 'native', model: { provider: 'recorded' } },
    })
    expect(order?.words.description).toContain('never exceed')
    await tasks.close()
  })

  it('are worked on one after the other, and no more than six are taken at a time', async () => {
    const { tasks, working } = open()
    for (let n = 0; n < 6; n++) await tasks.submit(TASK)
    await settled()
    expect(working).toHaveLength(1)
    await expect(tasks.submit(TASK)).rejects.toThrow(/5 tasks wait already/)
    working[0]?.end()
    await settled()
    expect(working).toHaveLength(2)
    expect(await tasks.submit(TASK)).toBe(view.run.id)
    await tasks.close()
  })

  it('end with the server: what is under way is cancelled, and so is what waits', async () => {
    const { tasks, platform, working } = open()
    await tasks.submit(TASK)
    await tasks.submit(TASK)
    await settled()
    await tasks.close()
    expect(working.map(({ signal }) => signal?.aborted)).toEqual([true])
    expect(platform.calls.filter((call) => call.startsWith('cancel'))).toHaveLength(1)
  })
})
