import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openWorld, type McpWorld } from './world.ts'

let world: McpWorld
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const eventsOf = (key: string) =>
  ((world.steps.get(`mcp:${key}`) ?? world.steps.get(key))?.events ?? []).map(({ event, facts }) => ({ event, facts }))

describe('a pinned server', () => {
  it('has its allowed tools declared beside the own ones, and no others', async () => {
    await world.pin('honest')
    const { tools } = await world.bind('honest')
    const names = tools.declarations('editing').map(({ name }) => name)
    expect(names).toEqual(['file_read', 'mcp__docs__echo', 'mcp__docs__read-resource'])
    expect(eventsOf('mcp:servers')).toMatchObject([{ event: 'mcp_server_connected', facts: { server: 'docs' } }])
  })

  it('answers a call, labelled as untrusted, as a recorded step with its decision', async () => {
    await world.pin('honest')
    const { tools } = await world.bind('honest')
    const { text, is_error, step } = await world.call(tools, { text: 'hi' })
    expect(is_error).toBe(false)
    expect(text).toMatch(/^<data key=(\w{16}) .*trust=untrusted>\necho: hi\n<\/data key=\1>$/)
    const events = step.events?.map(({ event }) => event)
    expect(events).toEqual(['tool_call_requested', 'tool_call_authorized', 'tool_call_executed'])
    expect(step.tool_call).toMatchObject({ tool: 'mcp__docs__echo', status: 'ok' })
  })

  it('reads a resource that is visible and refuses one that is not', async () => {
    await world.pin('honest')
    const { tools } = await world.bind('honest')
    const name = 'mcp__docs__read-resource'
    expect((await world.call(tools, { uri: 'note://a' }, name)).text).toContain('note of note://a')
    expect(await world.call(tools, { uri: 'note://secret' }, name)).toMatchObject({ is_error: true })
  })

  it('is declared from the record when a run is resumed, and its calls are answered from there', async () => {
    await world.pin('honest')
    const first = await world.bind('honest')
    const { answer } = await first.tools.call(
      { id: 'a', name: 'mcp__docs__echo', arguments: { text: 'once' } },
      { phase: 'editing', key: 'tool:x:0' },
    )
    await first.foreign.close()
    const { tools } = await world.bind('crash')
    expect(tools.declarations('editing')).toEqual(first.tools.declarations('editing'))
    const again = await tools.call(
      { id: 'a', name: 'mcp__docs__echo', arguments: { text: 'once' } },
      { phase: 'editing', key: 'tool:x:0' },
    )
    expect(again.answer).toEqual(answer)
  })
})

describe('arguments', () => {
  it('that do not fit the pinned schema are not sent', async () => {
    await world.pin('honest')
    const { tools } = await world.bind('honest')
    expect((await world.call(tools, { text: 7 })).text).toContain('arguments.text must be "string"')
    expect((await world.call(tools, { text: 'a', other: 1 })).text).toContain('arguments.other is not known')
    expect((await world.call(tools, {})).text).toContain('arguments.text is missing')
    expect((await world.call(tools, { text: 'a'.repeat(101) })).text).toContain('above maxLength')
    expect((await world.call(tools, { text: 'a' })).is_error).toBe(false)
  })
})
