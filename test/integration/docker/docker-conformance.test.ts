import { afterAll, describe, it } from 'vitest'
import { createDockerDriver } from '#adapters/sandboxes/docker'
import { describeSandboxDriver } from '../../contract/sandbox-driver.ts'
import { startTestEngine } from '../../support/docker-engine.ts'

const engine = await startTestEngine('docker')

if (engine.available) {
  const { image, host } = engine
  afterAll(() => engine.stop())
  const options = { engine: 'docker', image, ...(host === undefined ? {} : { host }) } as const
  describeSandboxDriver('docker', (home) => createDockerDriver({ home, ...options }), {
    worker: [JSON.stringify(options)],
    cuts: { at_once: 12, longest_ms: [60, 300] },
  })
} else describe.skip('docker as a sandbox driver', () => it(`skipped: ${engine.reason}`, () => undefined))
