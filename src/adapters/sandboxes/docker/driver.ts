import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { GanderError, storageFailure } from '#domain/failure'
import type { SandboxDriver } from '#ports'
import { filteredArchitecture } from '../fence/seccomp/seccomp-program.ts'
import { callEngine, type Engine, type EngineName, engineOf, tryEngine } from './engine.ts'
import type { Ground } from './open-container.ts'
import { probeContainer } from './probe.ts'
import { openSandbox } from './sandbox.ts'
import { writeSeccompProfile } from './seccomp-profile.ts'
import { sweepContainers } from './sweep.ts'

/** What the driver is made from. */
export interface DockerOptions {
  /** Absolute GANDER_HOME; `containers/` below it belongs to this driver. */
  readonly home: string
  readonly engine: EngineName
  /** `sha256:…` of an image that the engine has, or `name@sha256:…`. A tag is refused: it may be moved. */
  readonly image: string
  /** Address of the engine's socket on this machine. Absent: the engine's own default. */
  readonly host?: string
}

/** Raised whenever what a command sees inside changes. */
const DRIVER_VERSION = 2
const BY_DIGEST = /^(?:sha256:[0-9a-f]{64}|[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64})$/

const requireDigest = ({ engine, image }: DockerOptions): void => {
  if (BY_DIGEST.test(image)) return
  throw new GanderError('sandbox_unavailable', `${JSON.stringify(image)} names an image that may change.`, {
    remedy: `Give the image by its digest; \`${engine} image inspect --format '{{.Id}}' IMAGE\` tells it.`,
  })
}

const requireMachine = ({ engine, host }: DockerOptions): void => {
  const why =
    process.platform !== 'linux'
      ? 'the containers of this system run in a virtual machine'
      : process.getuid?.() !== 0
        ? 'only root reaches into containers'
        : host !== undefined && !host.startsWith('unix://')
          ? 'an engine at another address than a unix socket is not on this machine'
          : undefined
  if (why === undefined) return
  throw new GanderError('sandbox_unavailable', `${engine} cannot be used: ${why}.`, {
    remedy: 'Run the worker as root on Linux beside the engine, or use the bubblewrap driver.',
  })
}

/** A volume of the image would be a writable folder of the host, of no set size. */
const requireNoVolumes = async (engine: Engine, image: string): Promise<void> => {
  const volumes = await callEngine(engine, ['image', 'inspect', '--format', '{{json .Config.Volumes}}', '--', image])
  if (volumes === 'null' || volumes === '{}' || volumes === '') return
  throw new GanderError('sandbox_unavailable', `The image declares volumes (${volumes.slice(0, 200)}).`, {
    remedy: 'Build the image without VOLUME: what a command writes must lie where its size is limited.',
  })
}

const prepareGround = async (options: DockerOptions): Promise<Ground> => {
  requireDigest(options)
  requireMachine(options)
  const architecture = filteredArchitecture()
  if (architecture === undefined)
    throw new GanderError('sandbox_control_missing', `There is no system-call filter for ${process.arch}.`, {
      remedy: 'Run Gander on x86_64 or aarch64.',
    })
  const engine = engineOf(options.engine, options.host)
  const version = await tryEngine(engine, ['version'])
  if (version.code !== 0)
    throw new GanderError('sandbox_unavailable', `${engine.name} does not answer: ${version.stderr.trim()}`, {
      remedy: `Install and start ${engine.name} (apt-get install ${engine.name === 'docker' ? 'docker.io' : 'podman'}), or use the bubblewrap driver.`,
    })
  const id = await callEngine(engine, ['image', 'inspect', '--format', '{{.Id}}', '--', options.image])
  await requireNoVolumes(engine, options.image)
  const seccomp = writeSeccompProfile(join(options.home, 'containers'), architecture)
  const parts = ['container', DRIVER_VERSION, engine.name, id.replace(/^sha256:/, ''), process.arch, seccomp.sha256]
  return {
    home: options.home,
    engine,
    image: options.image,
    seccomp_path: seccomp.path,
    fingerprint: createHash('sha256').update(JSON.stringify(parts)).digest('hex'),
    home_id: homeId(options.home),
  }
}

const homeId = (home: string): string => createHash('sha256').update(home).digest('hex').slice(0, 16)

/** Sandboxes made by Docker or Podman on this machine. */
export const createDockerDriver = (options: DockerOptions): SandboxDriver => {
  let ground: Promise<Ground> | undefined
  const prepared = (): Promise<Ground> => {
    ground ??= prepareGround(options)
    // What failed is tried again: an engine may be started meanwhile.
    ground.catch(() => (ground = undefined))
    return ground
  }
  return {
    name: options.engine,
    isolation: 'shared_kernel',
    probe: () => probeContainer(options.engine, prepared),
    open: async (spec) => {
      try {
        return await openSandbox(await prepared(), spec)
      } catch (error) {
        throw storageFailure(error, options.home)
      }
    },
    sweep: () => sweepContainers(engineOf(options.engine, options.host), options.home, homeId(options.home)),
  }
}
