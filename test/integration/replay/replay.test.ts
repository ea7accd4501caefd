import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openReplayPackage, sealReplayPackage } from '#evidence-plane/replay'
import type { Replays, RunView } from '#ports'
import { openWorld, orderFor, type World } from '../../chaos/kit/world.ts'
import { call, finish, plan, play } from '../../support/lab/play.ts'
import { startScriptedModel, type ScriptedModel } from '../../support/scripted-model/index.ts'

const LINES = play({
  planning: [plan('greeting.txt')],
  editing: [call('file_write', { path: 'greeting.txt', content: 'good day\nand good night\n' }), finish()],
})
let world: World
let model: ScriptedModel
let original: RunView
let replays: Required<Replays>

beforeAll(async () => {
  world = await openWorld()
  model = await startScriptedModel(LINES)
  const price = { input: 1, output: 5, cached_input: 0.1 }
  await writeFile(join(world.home, 'prices.json'), JSON.stringify({ models: { scripted: { coder: price } } }))
  const choice = { provider: 'scripted', model: 'coder', api: 'anthropic', url: model.url('anthropic') } as const
  const order = orderFor(world.repository, 1, { agent: { kind: 'native', model: choice, fallback: null } })
  original = await world.platform.work((await world.platform.submit(order)).run.id)
  const { replays: offered } = world.platform
  if (offered === undefined) throw new Error('the platform offers no replays')
  replays = { ...offered, package: async (run) => (await offered.package?.(run)) ?? '' }
}, 120_000)
afterAll(async () => {
  await model.close()
  await world.close()
})

describe('a replay', () => {
  test('comes to the same tree, verdict, decisions and steps, asks no provider and opens nothing', async () => {
    expect(original.run.state).toBe('completed')
    const asked = model.requests.length
    const started = await replays.start(original.run.id, 'ada')
    const view = await world.platform.work(started.run.id)
    const report = await replays.report(started.run.id)
    expect(report).toMatchObject({ same: true, departed: null, run_id: original.run.id })
    expect(report.compared.map(({ what, same }) => [what, same])).toEqual([
      ['tree', true],
      ['verdict', true],
      ['decisions', true],
      ['steps', true],
    ])
    expect(model.requests).toHaveLength(asked)
    expect(view.pull_request).toBeUndefined()
    expect(view.task).toMatchObject({ mode: 'dry_run_patch', requester: 'ada', source: original.task.source })
    expect(view.artifacts.filter(({ kind }) => kind === 'replay_package').map(({ name }) => name)).toEqual([
      'replay.json',
      'conversation.json',
    ])
  }, 60_000)

  test('is not one where there is no original, and says so', async () => {
    await expect(replays.report(original.run.id)).rejects.toMatchObject({ code: 'run_not_in_state' })
  })
})

describe('a replay package', () => {
  test('AU-10 that was exported is taken, and every change of it is refused', async () => {
    const text = await replays.package(original.run.id)
    const opened = openReplayPackage(text)
    if (!opened.ok) throw new Error(opened.refusal)
    const { manifest, parts } = opened.value
    const [exchange = ''] = Object.keys(parts).filter((name) => name.startsWith('exchange-'))
    const changed = { ...parts, [exchange]: (parts[exchange] ?? '').replace('good night', 'good grief') }
    const { [exchange]: _, ...fewer } = parts
    const { schema: __, parts: ___, ...about } = manifest
    const whole = { manifest, manifest_sha256: opened.value.manifest_sha256 }
    const given = [
      'no JSON',
      JSON.stringify({ ...whole, parts: changed }),
      JSON.stringify({ ...whole, parts: fewer }),
      JSON.stringify({ ...whole, parts: { ...parts, more: '' } }),
      JSON.stringify({ ...whole, manifest: { ...manifest, state: 'failed' }, parts }),
      // Sealed anew over what was changed: it does not fit what is on record.
      sealReplayPackage({ ...about, contract_sha256: '0'.repeat(64) }, parts),
      sealReplayPackage({ ...about, exchanges: [] }, fewer),
      sealReplayPackage(about, changed),
    ]
    for (const each of given)
      await expect(replays.start(original.run.id, 'ada', each)).rejects.toMatchObject({ code: 'replay_refused' })
    const { run } = await replays.start(original.run.id, 'ada', text)
    expect((await world.platform.cancel(run.id, 'ada')).run.id).toBe(run.id)
  })

  test('of a run that has not ended is not made', async () => {
    const { run } = await world.platform.submit(orderFor(world.repository, 2))
    await expect(replays.start(run.id, 'ada')).rejects.toMatchObject({ code: 'run_not_in_state' })
    await world.platform.cancel(run.id, 'ada')
  })
})
