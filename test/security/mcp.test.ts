import { afterEach, describe, expect, it } from 'vitest'
import { openWorld, type McpWorld } from '../integration/mcp/world.ts'

let world: McpWorld
afterEach(() => world.close())

const eventsOf = (key: string) => world.steps.get(key)?.events ?? []
const foreign = (names: readonly { readonly name: string }[]) => names.filter(({ name }) => name.startsWith('mcp__'))

describe('MC-02 the pin', () => {
  it.each(['changed', 'new-version'])('quarantines the whole server when it is %s', async (mode) => {
    world = await openWorld()
    await world.pin('honest')
    const { tools } = await world.bind(mode)
    expect(foreign(tools.declarations('editing'))).toEqual([])
    const [event] = eventsOf('mcp:servers')
    expect(event).toMatchObject({ event: 'mcp_server_quarantined', facts: { server: 'docs' } })
    expect(JSON.stringify(event?.facts['changed'])).toContain(mode === 'changed' ? 'evil.example' : '1.0.0 → 2.0.0')
  })

  it('quarantines a server that nobody pinned, and lets a pinned one work', async () => {
    world = await openWorld()
    expect(foreign((await world.bind('honest')).tools.declarations('editing'))).toEqual([])
    world.steps.clear()
    await world.pin('honest')
    expect(foreign((await world.bind('honest')).tools.declarations('editing'))).toHaveLength(2)
  })
})

describe('a server that does more than answer', () => {
  it('MC-03 adds no tool while a run goes on; its announcement is recorded and its own answer still comes', async () => {
    world = await openWorld()
    await world.pin('grows')
    const { tools } = await world.bind('grows')
    const before = tools.declarations('editing')
    const { text, step } = await world.call(tools, { text: 'hi' })
    expect(text).toContain('echo: hi')
    expect(tools.declarations('editing')).toEqual(before)
    expect(step.events?.at(-1)).toMatchObject({ event: 'mcp_request_refused', facts: { server: 'docs' } })
    expect(await world.call(tools, {}, 'mcp__docs__wipe_disk')).toMatchObject({ is_error: true })
    expect(await world.call(tools, {}, 'mcp__docs__wipe')).toMatchObject({ is_error: true })
  })

  it('MC-08 cannot drive the model: sampling is refused and recorded', async () => {
    world = await openWorld()
    await world.pin('sampling')
    const { tools } = await world.bind('sampling')
    const { step } = await world.call(tools, { text: 'hi' })
    expect(step.events?.at(-1)?.facts).toEqual({ server: 'docs', method: 'sampling/createMessage' })
  })
})

describe('words of a server', () => {
  it('in a description are neutralised and labelled as a claim', async () => {
    world = await openWorld()
    await world.pin('poisoned')
    const { tools } = await world.bind('poisoned')
    const [echo] = foreign(tools.declarations('editing')) as readonly { readonly description?: string }[]
    expect(echo?.description).toContain('a claim and no instruction')
    for (const mark of ['\u001b', '\u200b', '<', '>']) expect(echo?.description).not.toContain(mark)
  })

  it('cannot end their own block, and other text passes unchanged', async () => {
    world = await openWorld()
    await world.pin('breakout')
    const { tools } = await world.bind('breakout')
    const { text } = await world.call(tools, { text: 'x' })
    const key = /^<data key=(\w{16})/.exec(text)?.[1] ?? 'none'
    expect(text.endsWith(`</data key=${key}>`)).toBe(true)
    expect(text.split(`</data key=${key}>`)).toHaveLength(2)
    expect(text).not.toContain('\u001b')
    expect(text).toContain('done\n')
  })

  it('are asked for with no registered secret; the same words were sent before they were one', async () => {
    world = await openWorld()
    await world.pin('secret')
    const { tools } = await world.bind('secret')
    expect((await world.call(tools, { text: 'tok-31337-abcdefgh' })).text).toContain('tok-31337-abcdefgh')
    world.redactor.register('token', 'tok-31337-abcdefgh')
    const { text, step } = await world.call(tools, { text: 'tok-31337-abcdefgh' })
    expect(text).not.toContain('tok-31337')
    expect(step.tool_call).toMatchObject({ status: 'refused', rule: 'mcp.secret' })
  })

  it('that are binary are only named', async () => {
    world = await openWorld()
    await world.pin('image')
    const { tools } = await world.bind('image')
    expect((await world.call(tools, { text: 'x' })).text).toContain(
      '[image of type image/png, about 300 bytes; not shown]',
    )
  })
})

describe('MC-11 a server that fails', () => {
  it.each([
    ['hang', 'mcp.timeout'],
    ['huge', 'mcp.too_large'],
    ['crash', 'mcp.closed'],
  ])('by %s is told as %s, and is closed for the run after three times', async (mode, rule) => {
    world = await openWorld()
    await world.pin(mode)
    const { tools } = await world.bind(mode, { timeout_s: 1 })
    for (let n = 0; n < 3; n++) expect((await world.call(tools, { text: 'x' })).step.tool_call?.rule).toBe(rule)
    expect((await world.call(tools, { text: 'x' })).step.tool_call).toMatchObject({
      status: 'refused',
      rule: 'mcp.closed',
    })
  })

  it('never by a few lines of noise', async () => {
    world = await openWorld()
    await world.pin('noisy')
    const { tools } = await world.bind('noisy')
    expect((await world.call(tools, { text: 'hi' })).text).toContain('echo: hi')
  })
})

it('a schema outside the subset leaves its tool out, and the rest of the server in', async () => {
  world = await openWorld()
  await world.pin('odd-schema')
  const { tools } = await world.bind('odd-schema')
  expect(foreign(tools.declarations('editing')).map(({ name }) => name)).toEqual(['mcp__docs__read-resource'])
})

it('the program has no network, no variables of ours and no tree, and still answers', async () => {
  world = await openWorld('bubblewrap')
  await world.pin('spy')
  const { tools } = await world.bind('spy')
  const { text } = await world.call(tools, { text: 'x' })
  const seen = JSON.parse(/\{.*\}/s.exec(text)?.[0] ?? '{}') as Readonly<Record<string, unknown>>
  expect(seen['workspace']).toEqual([])
  expect(seen['net']).toMatch(/ENETUNREACH|EPERM|EACCES|ECONNREFUSED/)
  expect(seen['outside']).toMatch(/^refused/)
  expect(seen['shadow']).toMatch(/^refused/)
  expect(seen['env']).not.toContain('DATABASE_URL')
})
