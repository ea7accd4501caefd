import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { createDockerDriver } from '#adapters/sandboxes/docker'
import type { SandboxDriver } from '#ports'
import { startTestEngine } from '../../support/docker-engine.ts'

/** A kind of sandbox that the attacks are tried in. */
export interface SandboxKind {
  /** With the reason in brackets where it cannot be had here. */
  readonly name: string
  readonly available: boolean
  readonly makeDriver: (home: string) => SandboxDriver
  /** What the environment of the program says to use this kind. */
  readonly environment: Readonly<Record<string, string>>
}

const engine = await startTestEngine('docker', 'security')

const docker: SandboxKind = engine.available
  ? {
      name: 'docker',
      available: true,
      makeDriver: (home) =>
        createDockerDriver({
          home,
          engine: 'docker',
          image: engine.image,
          ...(engine.host !== undefined && { host: engine.host }),
        }),
      environment: {
        GANDER_SANDBOX: 'docker',
        GANDER_SANDBOX_IMAGE: engine.image,
        ...(engine.host !== undefined && { DOCKER_HOST: engine.host }),
      },
    }
  : {
      name: `docker (${engine.reason})`,
      available: false,
      makeDriver: () => {
        throw new Error(engine.reason)
      },
      environment: {},
    }

/** Every kind, for `describe.each`. */
export const SANDBOX_KINDS: readonly SandboxKind[] = [
  { name: 'bubblewrap', available: true, makeDriver: (home) => createBubblewrapDriver({ home }), environment: {} },
  docker,
]
