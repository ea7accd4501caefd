import { afterAll, describe, it } from 'vitest'
import { createDockerDriver } from '#adapters/sandboxes/docker'
import { describeSandboxDriver } from '../../contract/sandbox-driver.ts'
import { startTestEngine } from '../../support/docker-engine.ts'

const engine = await startTestEngine('docker')

if (engine.available) {
  const { image, host } = engine
  afterAll(() => engine.stop())
  describeSandboxDriver('docker', (home) =>
    createDockerDriver({ home, engine: 'docker', image, ...(host === undefined ? {} : { host }) }),
  )
} else describe.skip('docker as a sandbox driver', () => it(`skipped: ${engine.reason}`, () => undefined))
