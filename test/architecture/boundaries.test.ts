import { cruise } from 'dependency-cruiser'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const configuration = createRequire(import.meta.url)('../../.dependency-cruiser.cjs')
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** The rules that a small tree of files breaks. */
async function broken(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const root = mkdtempSync(join(tmpdir(), 'gander-boundaries-'))
  folders.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const { output } = await cruise(['src'], {
    ...configuration.options,
    baseDir: root,
    validate: true,
    ruleSet: configuration,
  })
  if (typeof output === 'string') throw new Error('dependency-cruiser gave text where a result was expected')
  expect(output.modules.length).toBeGreaterThanOrEqual(Object.keys(files).length)
  return output.summary.violations.map((violation) => violation.rule.name)
}

const from = (path: string) => `import { x } from '${path}'\nexport const y = x\n`
const X = 'export const x = 1\n'

describe('the boundary rules', () => {
  test.each([
    ['domain-imports-nothing', 'src/domain/run/a.ts', from('../../ports/b.ts'), 'src/ports/b.ts'],
    [
      'domain-imports-nothing',
      'src/domain/run/a.ts',
      "import { join } from 'node:path'\nexport const y = join\n",
      'src/ports/b.ts',
    ],
    ['ports-import-domain-only', 'src/ports/a.ts', from('../adapters/git/index.ts'), 'src/adapters/git/index.ts'],
    [
      'control-plane-meets-others-in-ports',
      'src/control-plane/intake/a.ts',
      from('../../execution-plane/agents/index.ts'),
      'src/execution-plane/agents/index.ts',
    ],
    [
      'execution-plane-meets-others-in-ports',
      'src/execution-plane/agents/a.ts',
      from('../../evidence-plane/packet/index.ts'),
      'src/evidence-plane/packet/index.ts',
    ],
    [
      'evidence-plane-meets-others-in-ports',
      'src/evidence-plane/packet/a.ts',
      from('../../control-plane/policy/index.ts'),
      'src/control-plane/policy/index.ts',
    ],
    [
      'adapters-implement-ports',
      'src/adapters/git/a.ts',
      from('../postgres/index.ts'),
      'src/adapters/postgres/index.ts',
    ],
    [
      'cli-speaks-to-the-platform',
      'src/cli/a.ts',
      from('../control-plane/intake/index.ts'),
      'src/control-plane/intake/index.ts',
    ],
    [
      'rooms-are-entered-by-their-door',
      'src/execution-plane/agents/a.ts',
      from('../context/b.ts'),
      'src/execution-plane/context/b.ts',
    ],
    ['nothing-imports-main', 'src/cli/a.ts', from('../main/b.ts'), 'src/main/b.ts'],
    ['source-never-imports-tests', 'src/cli/a.ts', from('../../test/support/b.ts'), 'test/support/b.ts'],
    ['everything-resolves', 'src/cli/a.ts', from('./nowhere.ts'), 'src/cli/b.ts'],
  ])('%s catches %s', async (rule, path, text, other) => {
    expect(await broken({ [path]: text, [other]: X })).toContain(rule)
  })

  test('a type import across planes is caught too', async () => {
    const text = "import type { X } from '../../execution-plane/agents/index.ts'\nexport type Y = X\n"
    const files = {
      'src/control-plane/intake/a.ts': text,
      'src/execution-plane/agents/index.ts': 'export type X = 1\n',
    }
    expect(await broken(files)).toContain('control-plane-meets-others-in-ports')
  })

  test('a cycle is caught', async () => {
    expect(
      await broken({ 'src/cli/a.ts': from('./b.ts'), 'src/cli/b.ts': "export { y as x } from './a.ts'\n" }),
    ).toContain('no-cycles')
  })

  test('an honest tree breaks none', async () => {
    const files = {
      'src/domain/run/index.ts': X,
      'src/ports/index.ts': from('../domain/run/index.ts'),
      'src/control-plane/intake/index.ts': from('../../domain/run/index.ts'),
      'src/adapters/git/index.ts': from('../../domain/run/index.ts'),
      'src/main/gander.ts': from('../control-plane/intake/index.ts'),
    }
    expect(await broken(files)).toEqual([])
  })
})
