import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FILES, openDesk, type ToolDesk } from './tool-desk.ts'

let folder: string
let desk: ToolDesk
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gander-diff-'))
  desk = await openDesk(FILES)
})
afterAll(async () => {
  await desk.close()
  rmSync(folder, { recursive: true, force: true })
})

const line = fc.constantFrom(
  'a',
  'b',
  '',
  ' c',
  '-- d',
  '++ e',
  '@@ f',
  'diff --git x',
  '\tg',
  '\\ h',
  '--- a/i',
  '+++ b/j',
)
const text = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 30 }), fc.boolean())
  .map(([lines, closed]) => lines.join('\n') + (closed ? '\n' : ''))

/** The unified diff that git itself makes of two texts. */
function gitDiff(before: string, after: string): string {
  writeFileSync(join(folder, 'before'), before)
  writeFileSync(join(folder, 'after'), after)
  const made = spawnSync('git', ['diff', '--no-index', '--no-color', '-U3', 'before', 'after'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return made.stdout.replaceAll(/^(---|\+\+\+) [ab]\/(before|after)$/gm, (_all, mark: string) =>
    mark === '---' ? '--- a/src/p.txt' : '+++ b/src/p.txt',
  )
}

describe('patches that git made', () => {
  it('turn the one text into the other exactly', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (before, after) => {
        const diff = gitDiff(before, after)
        fc.pre(diff !== '' && before !== '' && after !== '')
        // The names of `diff --git` lines are of the temporary files; the ---/+++ lines are what counts.
        const patch = diff.split('\n').slice(2).join('\n')
        await desk.call('file_write', { path: 'src/p.txt', content: before })
        const { answer } = await desk.call('file_apply_patch', { patch })
        expect(answer.text).toContain('applied to 1 file')
        expect(await desk.inTree('src/p.txt')).toBe(after)
      }),
      { numRuns: 40 },
    )
  })
})
