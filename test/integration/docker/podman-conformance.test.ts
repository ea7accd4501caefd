import { afterAll, describe, it } from 'vitest'
import { createDockerDriver } from '#adapters/sandboxes/docker'
import { describeSandboxDriver } from '../../contract/sandbox-driver.ts'
import { startTestEngine } from '../../support/docker-engine.ts'

const engine = await startTestEngine('podman')

if (engine.available) {
  const { image, host } = engine
  afterAll(() => engine.stop())
  describeSandboxDriver('podman', (home) =>
    createDockerDriver({ home, engine: 'podman', image, ...(host === undefined ? {} : { host }) }),
  )
} else describe.skip('podman as a sandbox driver', () => it(`skipped: ${engine.reason}`, () => undefined))
