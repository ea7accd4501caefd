import { GanderError } from '#domain/failure'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import type { SandboxDriver } from '#ports'

/** What the environment says about sandboxes: `GANDER_SANDBOX`, `GANDER_SANDBOX_IMAGE` and the engine's own `DOCKER_HOST`. */
type SandboxEnvironment = Readonly<Record<string, string | undefined>>

/** The driver that this machine is told to use; bubblewrap where nothing is said. @throws GanderError `usage` */
export async function chooseDriver(home: string, environment: SandboxEnvironment): Promise<SandboxDriver> {
  const kind = environment['GANDER_SANDBOX'] ?? 'bubblewrap'
  if (kind === 'bubblewrap') return createBubblewrapDriver({ home })
  if (kind !== 'docker' && kind !== 'podman')
    throw new GanderError('usage', `GANDER_SANDBOX is ${JSON.stringify(kind)}, and there is no such driver.`, {
      remedy: 'Set it to bubblewrap, docker or podman, or unset it.',
    })
  const image = environment['GANDER_SANDBOX_IMAGE']
  if (image === undefined || image === '')
    throw new GanderError('usage', `GANDER_SANDBOX is ${kind}, and no image is named.`, {
      remedy: 'Set GANDER_SANDBOX_IMAGE to an image by its digest; docs/guides/sandboxes.md tells how to make one.',
    })
  const { createDockerDriver } = await import('#adapters/sandboxes/docker')
  const host = environment['DOCKER_HOST']
  return createDockerDriver({ home, engine: kind, image, ...(kind === 'docker' && host ? { host } : {}) })
}
