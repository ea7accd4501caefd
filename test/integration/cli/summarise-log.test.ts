import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const GANDER = resolve(import.meta.dirname, '../../../bin/gander')
/** Put together here, so that no scanner takes this file for a leak. */
const TOKEN = ['ghp', 'A7bQ9zX2mK4pR8sT1vW3yC5dF6gH0jL2nM4q'].join('_')

let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-summary-'))
  const log = ['$ make test', `using ${TOKEN}`, 'src/cart.c:12:3: error: expected ‘;’', 'make: *** [all] Error 1', '']
  await writeFile(join(home, 'build.log'), log.join('\n'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

const gander = (...words: readonly string[]) =>
  new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>((settle) => {
    const env = { PATH: process.env['PATH'], HOME: home, GANDER_HOME: home, LANG: 'C.UTF-8' }
    const child = execFile(GANDER, ['summarise-log', ...words], { env, cwd: home }, (_, out, err) =>
      settle({ code: child.exitCode, out, err }),
    )
    child.stdin?.end('ok 1\nnot ok 2 - total\n  expected 3, got 4\n')
  })

describe('gander summarise-log', () => {
  it('gives one JSON object with causes and numbered lines, and no secret', async () => {
    const { code, out } = await gander('build.log', '--json')
    expect([code, out.includes(TOKEN)]).toEqual([0, false])
    expect(JSON.parse(out)).toMatchObject({
      classification: 'compile_error',
      root_causes: [{ file: 'src/cart.c', line: 12, message: 'expected ‘;’' }, {}],
      redactions: 1,
      truncated: false,
      total_lines: 4,
    })
  })

  it('reads standard input, and tells people in words', async () => {
    const { code, out } = await gander('-', '--lines', '2')
    expect(code).toBe(0)
    expect(out).toContain('test failure')
    expect(out).toContain('2  not ok 2 - total')
    expect(out).toContain('2 of 3 lines.')
  })

  it.each([
    [['missing.log'], 'There is no file', 'Name a file that is there'],
    [['.'], 'is a folder', 'Name one file in it'],
    [['build.log', '--lines', '0'], "'0' is invalid", '1 to 50'],
    [['build.log', '--lines', 'many'], "'many' is invalid", '1 to 50'],
    [['build.log', '--lines', '51'], "'51' is invalid", '1 to 50'],
  ])('%j says what is wrong and what to do', async (words, what, next) => {
    const { code, out, err } = await gander(...words)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(what)
    expect(err).toContain(next)
  })
})
