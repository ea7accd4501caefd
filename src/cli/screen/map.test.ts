import { describe, expect, it } from 'vitest'
import { surveyOf } from '../../../test/support/survey-of-files.ts'
import { mapPage, mapSummary } from './map.ts'
import { paintFor } from './paint.ts'

const screen = { write: () => {}, writeBytes: async () => {}, is_terminal: false, columns: () => 80 }
const look = { paint: paintFor(screen, {}), width: 80 }
const ESCAPE = '\u001b]0;x\u0007'

const maps = async () =>
  (
    await surveyOf({
      'package.json': '{"name":"shop","scripts":{"test":"vitest run"},"devDependencies":{"vitest":"5"}}',
      'src/cart.ts': 'export function addToCart() {}\n',
      'test/cart.test.ts': "import '../src/cart'\n",
      [`src/evil${ESCAPE}.ts`]: `import './cart'\nprocess.env.SHOP_HOST\n`,
      'src/auth/login.ts': '',
      ...Object.fromEntries(
        Array.from({ length: 60 }, (_, n) => [`packages/p${n}/package.json`, `{"name":"${'long'.repeat(9)}${n}"}`]),
      ),
    })
  ).maps()

describe('gander map', () => {
  it('shows all nine maps on one screen, however large the repository is', async () => {
    const lines = mapSummary(await maps(), look)
    expect(lines.length).toBeLessThanOrEqual(24)
    for (const line of lines.slice(1, -1)) expect(line.length).toBeLessThanOrEqual(80)
    const page = lines.join('\n')
    for (const told of ['full: npm test', '1 of 3 sources', 'authentication', 'SHOP_HOST', 'no CODEOWNERS'])
      expect(page).toContain(told)
  })

  it('shows each map by itself, and nothing of a repository can move the cursor', async () => {
    const of = await maps()
    for (const name of [
      'file',
      'build',
      'symbol',
      'dependency',
      'test',
      'ownership',
      'runtime',
      'risk',
      'convention',
    ] as const) {
      const page = mapPage(of, name, look).join('\n')
      expect(page).toContain(`${name} map`)
      expect(page).not.toContain('\u001b')
    }
    expect(mapPage(of, 'dependency', look).join('\n')).toMatch(/src\/cart\.ts +2/)
    expect(mapPage(of, 'test', look).join('\n')).toContain('npx vitest run test/cart.test.ts')
  })
})
