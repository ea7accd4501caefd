import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const GANDER = resolve(import.meta.dirname, '../../../bin/gander')
const TESTS = 'def test_total():\n    assert total([1, 2]) == 3\n'

let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-check-tests-'))
  for (const side of ['base', 'head']) {
    await mkdir(join(home, side, 'tests'), { recursive: true })
    await mkdir(join(home, side, 'node_modules/x'), { recursive: true })
  }
  await writeFile(join(home, 'base/tests/test_total.py'), TESTS)
  await writeFile(join(home, 'head/tests/test_total.py'), TESTS.replace(' == 3', ''))
  await writeFile(join(home, 'base/node_modules/x/a.test.js'), "it('a', () => { expect(1).toBe(two) })\n")
  await symlink('/', join(home, 'head/everything'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

const checkTests = (...words: readonly string[]) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((settle) => {
    const env = { PATH: process.env['PATH'], HOME: home, GANDER_HOME: home }
    execFile(GANDER, ['check-tests', ...words], { env, cwd: home }, (error, out, err) =>
      settle({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })

describe('gander check-tests', () => {
  it('ends with 1 and names rule, place and lines of a weakened check; links and node_modules are left alone', async () => {
    const { code, out } = await checkTests('--base', 'base', '--head', 'head', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'fail',
      not_read: ['everything'],
      findings: [{ rule: 'test.assertion_weakened', severity: 'error', file: 'tests/test_total.py', line: 2 }],
    })
    expect(out).toContain('+    assert total([1, 2])')
  })

  it('ends with 0 where nothing changed', async () => {
    const { code, out } = await checkTests('--base', 'base', '--head', 'base')
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^pass {2}/) })
  })

  it('says what to give where a folder is none', async () => {
    const { code, err } = await checkTests('--base', 'nowhere', '--head', 'head')
    expect(code).toBe(2)
    expect(err).toContain('--base')
  })
})
