import { afterAll, describe, it } from 'vitest'
import { createDockerDriver } from '#adapters/sandboxes/docker'
import { describeSandboxDriver } from '../../contract/sandbox-driver.ts'
import { startTestEngine } from '../../support/docker-engine.ts'

const engine = await startTestEngine('podman')

if (engine.available) {
  const { image, host } = engine
  afterAll(() => engine.stop())
  const options = { engine: 'podman', image, ...(host === undefined ? {} : { host }) } as const
  describeSandboxDriver('podman', (home) => createDockerDriver({ home, ...options }), {
    worker: [JSON.stringify(options)],
    cuts: { at_once: 8, longest_ms: [800] },
    // Doors and conversations are Gander's own over the same `exec`; what podman does differently is shown here.
    shown_elsewhere: ['doors', 'start'],
  })
} else describe.skip('podman as a sandbox driver', () => it(`skipped: ${engine.reason}`, () => undefined))
