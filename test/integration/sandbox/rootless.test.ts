import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const UID = 60_123
const SETPRIV = '/usr/bin/setpriv'
const PROJECT = new URL('../../../', import.meta.url).pathname

/** The rest of the suite runs as whoever started it; this runs it once more as a user that is nobody. */
it.skipIf(process.getuid?.() !== 0 || !existsSync(SETPRIV))(
  'the conformance suite holds without root as well (skipped when it already runs so)',
  () => {
    const home = mkdtempSync(join(tmpdir(), 'gander-rootless-'))
    chmodSync(home, 0o700)
    chownSync(home, UID, UID)
    const vitest = join(PROJECT, 'node_modules/vitest/vitest.mjs')
    const files = ['test/integration/sandbox/conformance.test.ts', 'test/security/sandbox.test.ts']
    const user = ['--reuid', String(UID), '--regid', String(UID), '--clear-groups', '--']
    const run = ['run', '--configLoader', 'runner', '--project', 'integration', '--project', 'security', ...files]
    const result = spawnSync(SETPRIV, [...user, process.execPath, vitest, ...run], {
      cwd: PROJECT,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, TMPDIR: home },
    })
    rmSync(home, { recursive: true, force: true })
    expect(result.status, result.stdout + result.stderr).toBe(0)
    expect(result.stdout).toMatch(/Test Files .*2 passed/)
  },
)
