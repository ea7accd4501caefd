import { describe, expect, it } from 'vitest'
import { parseMcpConfiguration, withPin } from './configuration.ts'

const LEAST = 'version: 1\nservers:\n  # mine\n  - id: docs\n    command: [node, /opt/docs/server.mjs]\n'
const with_line = (line: string) => `${LEAST}    ${line}\n`

describe('mcp.yaml', () => {
  it('allows nothing that it does not name', () => {
    expect(parseMcpConfiguration(undefined)).toEqual({ servers: [] })
    expect(parseMcpConfiguration(' \n')).toEqual({ servers: [] })
    const [server] = parseMcpConfiguration(LEAST).servers
    expect(server).toMatchObject({ read_only: [], tools: [], resources: [], prompts: [] })
    expect(server).not.toHaveProperty('pin')
  })

  it.each([
    ['a setting that is not known', with_line('network: true')],
    ['a folder outside', with_line('read_only: [/opt/../etc]')],
    ['a relative folder', with_line('read_only: [opt]')],
    ['no time', with_line('timeout_s: 0')],
    ['half a pin', with_line('pin: abc')],
    ['a name that could hold another server', LEAST.replace('docs', 'docs__echo')],
    ['two servers of one name', `${LEAST}  - id: docs\n    command: [x]\n`],
    ['no YAML', 'version: [1'],
  ])('is refused with %s', (_, text) => {
    expect(() => parseMcpConfiguration(text)).toThrow(/mcp\.yaml is not understood/)
  })

  it("keeps a person's words when a pin is written", () => {
    const pinned = withPin(LEAST, 'docs', 'a'.repeat(64))
    expect(pinned).toContain('# mine')
    expect(parseMcpConfiguration(pinned).servers[0]?.pin).toBe('a'.repeat(64))
    expect(() => withPin(LEAST, 'other', 'a'.repeat(64))).toThrow(/there is no server other/)
  })
})
