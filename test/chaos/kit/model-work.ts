import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentChoice } from '#domain/task'
import { call, finish, plan, play } from '../../support/lab/play.ts'
import type { ScriptedModel } from '../../support/scripted-model/index.ts'
import type { World } from './world.ts'

/** What a model says that changes the tiny repository's one file. */
export const LINES = play({
  planning: [plan('greeting.txt')],
  editing: [call('file_write', { path: 'greeting.txt', content: 'good day\nand good night\n' }), finish()],
})

const PRICES = '{"models":{"scripted":{"coder":{"input":1,"output":5,"cached_input":0.1}}}}'

/** The agent that asks a scripted model over the wire; the world learns its price. */
export async function modelAgent(world: Pick<World, 'home'>, scripted: ScriptedModel): Promise<AgentChoice> {
  await writeFile(join(world.home, 'prices.json'), PRICES)
  const url = scripted.url('anthropic')
  return { kind: 'native', model: { provider: 'scripted', model: 'coder', api: 'anthropic', url }, fallback: null }
}
