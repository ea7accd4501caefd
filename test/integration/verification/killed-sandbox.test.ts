import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { isGanderError } from '#domain/failure'
import { spoiltBy, type VerificationReport } from '#domain/verification'
import type { SandboxDriver } from '#ports'
import { settleFlaky } from '../../../src/execution-plane/worker/settle-flaky.ts'
import { startAgain } from '../../../src/execution-plane/worker/start-again.ts'
import { verifierWorld } from '../verifier/world.ts'

const home = mkdtempSync(join(tmpdir(), 'gander-killed-'))
const real = createBubblewrapDriver({ home })
const probe = await real.probe()
afterAll(() => rmSync(home, { recursive: true, force: true }))

const TEST = [
  'import os, time, unittest',
  '',
  'class Slow(unittest.TestCase):',
  '    def test_slow(self):',
  '        open("/workspace/.began", "w").close()',
  '        time.sleep(0 if os.path.exists("/workspace/quick") else 30)',
  '',
].join('\n')

/** Kills all that runs in the first sandboxes as soon as their tests began; the later ones are let be, and are quick. */
function killingDriver(kills: number): SandboxDriver & { readonly opened: () => number } {
  let opened = 0
  return {
    ...real,
    opened: () => opened,
    open: async (spec) => {
      const sandbox = await real.open(spec)
      const own = opened++ < kills ? `.killed-${randomUUID()}` : 'quick'
      await sandbox.exec({
        argv: ['touch', own],
        timeout_ms: 30_000,
        output_bytes: 100,
        network: { kind: 'none' },
      })
      if (own !== 'quick') void killWhenBegun(sandbox.tree.path, own)
      return sandbox
    },
  }
}

async function killWhenBegun(tree: string, own: string): Promise<void> {
  while (existsSync(tree) && !existsSync(join(tree, '.began'))) await delay(20)
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name) && sees(name, own)) kill(Number(name))
}

/** True for a process whose own root has the folder with this file: it is inside that sandbox. */
function sees(pid: string, own: string): boolean {
  try {
    return existsSync(`/proc/${pid}/root/workspace/${own}`)
  } catch {
    return false
  }
}

/** What died with one before it is gone already. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Nothing is left to do.
  }
}

const clock = { sleep: async () => undefined }
const look = async (driver: SandboxDriver): Promise<VerificationReport> => {
  const world = await verifierWorld({ 'tests/test_slow.py': TEST }, { driver })
  return startAgain(clock, new AbortController().signal, async () => (await world.verify()).report)
}

/** What is run again is a whole verification; either form of the end is the machine's and nobody's test. */
describe.skipIf(!probe.available)('a sandbox that is killed while tests run', () => {
  it('is verified in a fresh one, and nothing of the first is believed', async () => {
    const driver = killingDriver(1)
    const first = await look(driver)
    const ground = { baseline: first, known_flaky: new Map<string, string>() }
    const { head } = await settleFlaky(ground, first, () => look(driver))
    expect([driver.opened(), head.outcome, spoiltBy(head)]).toEqual([2, 'passed', undefined])
    expect(head.phases.flatMap(({ tests }) => tests.map(({ outcome }) => outcome))).toEqual(['passed'])
  })

  it('each time is a failure of the infrastructure, never of a test', async () => {
    const ended = await look(killingDriver(9)).then(
      (report) => spoiltBy(report),
      (error: unknown) => (isGanderError(error, 'sandbox_unavailable') ? 'sandbox_unavailable' : error),
    )
    expect(ended).toEqual(expect.stringMatching(/sandbox_unavailable|killed from outside/))
  })
})
