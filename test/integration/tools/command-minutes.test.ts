import { afterAll, beforeAll, expect, it } from 'vitest'
import { createToolGateway } from '#execution-plane/tool-gateway'
import { openDesk, type ToolDesk } from './tool-desk.ts'

let desk: ToolDesk
beforeAll(async () => {
  desk = await openDesk({ 'a.txt': 'a\n' })
})
afterAll(() => desk.close())

let calls = 0
const shell = async (
  longest_command_seconds: number,
  args: { readonly argv: string[]; readonly timeout_seconds?: number },
) => {
  const tools = createToolGateway(desk.dependencies).bind({ ...desk.host, longest_command_seconds })
  const n = calls++
  const call = { id: `minutes_${n}`, name: 'shell_exec', arguments: args }
  return (await tools.call(call, { phase: 'editing', key: `tool:minutes:${n}` })).answer.text
}

it('a command of an agent is stopped at the time of the sandbox profile, whatever the agent asks for', async () => {
  const text = await shell(1, { argv: ['sleep', '20'], timeout_seconds: 600 })
  expect(text).toMatch(/^stopped at its limit of 1 s \(timeout_seconds, at most 1\)/)
})

it('a shorter one runs to its end, and a longer time in the profile gives no more than the tool does', async () => {
  expect(await shell(5, { argv: ['true'] })).toMatch(/^exit code 0/)
  expect(await shell(36_000, { argv: ['sleep', '20'], timeout_seconds: 1 })).toMatch(/at most 600\)/)
})
