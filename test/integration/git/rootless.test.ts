import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from './fixtures.ts'

const folder = temporaryFolder()
afterAll(folder.remove)
const program = fileURLToPath(new URL('rootless-capture.ts', import.meta.url))
const asUser = ['--reuid', '1000', '--regid', '1000', '--clear-groups']

/** Why the test cannot run here; undefined when it can. */
function obstacle(): string | undefined {
  const command =
    process.getuid?.() === 0
      ? ['setpriv', ...asUser, 'unshare', '--user', '--map-root-user', 'test', '-r', program]
      : ['unshare', '--user', '--map-root-user', 'true']
  try {
    execFileSync(command[0] ?? '', command.slice(1), { stdio: 'ignore' })
    return undefined
  } catch {
    return 'an ordinary user can make no user namespace here, or cannot read this checkout'
  }
}

const why = obstacle()

test.skipIf(why !== undefined)(
  `an ordinary user captures deletions and replaced folders of a user overlay${why === undefined ? '' : ` (skipped: ${why})`}`,
  () => {
    chmodSync(folder.path, 0o700)
    if (process.getuid?.() === 0) chownSync(folder.path, 1000, 1000)
    const command = process.getuid?.() === 0 ? ['setpriv', ...asUser, process.execPath] : [process.execPath]
    const output = execFileSync(command[0] ?? '', [...command.slice(1), program, folder.path], { encoding: 'utf8' })
    const expected = {
      refused: [{ path: 'sealed', reason: 'it cannot be read' }],
      change: ['deleted c.ts', 'modified d.ts', 'deleted src/a.ts', 'deleted src/b.ts', 'added src/n.ts'],
    }
    expect(JSON.parse(output)).toEqual([expected, expected])
  },
)
