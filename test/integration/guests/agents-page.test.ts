import { describe, expect, it } from 'vitest'
import { runCommandLine } from '#cli'
import type { Guests, GuestSighting } from '#ports'
import { fakeCli } from '../../support/fake-cli-environment.ts'

const READY: GuestSighting = {
  id: 'codex',
  apis: ['openai-responses'],
  where: '/home/ada/.cache/gander-guests/codex/node_modules/.bin/codex',
  found: { id: 'codex', version: '0.169.0', argv: ['/opt/gander/codex'], read_only: [] },
  reason: null,
}
const SIGHTINGS: readonly GuestSighting[] = [
  READY,
  {
    ...READY,
    id: 'pi',
    where: `/opt/${'deep/'.repeat(30)}pi`,
    reason: 'It was found and does not answer to --version in a sandbox. Install it again.',
  },
  {
    id: 'qwen-code',
    apis: ['openai-chat'],
    where: null,
    found: null,
    reason: `There is no program \`qwen\`. Install it with \`npm install --prefix /home/ada/.cache/gander-guests/qwen-code @qwen-code/qwen-code@1.0.0\`, or put \`qwen\` on PATH.`,
  },
]
const guests: Guests = {
  find: async () => READY,
  list: async () => SIGHTINGS,
}

async function page(words: readonly string[] = []): Promise<string> {
  const cli = fakeCli({ guests, is_terminal: true, columns: 80, env: { NO_COLOR: '1', HOME: '/home/ada' } })
  expect(await runCommandLine(cli.environment, ['agents', ...words])).toBe(0)
  return cli.out()
}

describe('gander agents', () => {
  it('says for each whether it is ready, its version, and where it is or how to get it', async () => {
    const lines = (await page()).split('\n')
    expect(lines[0]).toMatch(/^codex +ready +0\.169\.0 +openai-responses$/)
    expect(lines[1]).toBe('  ~/.cache/gander-guests/codex/node_modules/.bin/codex')
    expect(lines[2]).toMatch(/^pi +no answer /)
    expect(lines[3]).toMatch(/^ {2}….*\/deep\/pi$/)
    const text = lines.join(' ')
    expect(text).toContain('does not answer to --version')
    expect(text).toMatch(/qwen-code +missing +-/)
    expect(text).toMatch(/npm install --prefix/)
  })

  it('fits a terminal of 80 columns', async () => {
    for (const line of (await page()).split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('gives the same as one JSON array', async () => {
    const told = JSON.parse(await page(['--json'])) as readonly object[]
    expect(told).toMatchObject([
      { id: 'codex', found: true, answers: true, version: '0.169.0', where: READY.where },
      { id: 'pi', found: true, answers: false },
      { id: 'qwen-code', found: false, answers: false, where: null },
    ])
  })
})
