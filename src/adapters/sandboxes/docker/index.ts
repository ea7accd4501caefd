/**
 * Sandboxes made by a local Docker or Podman engine, driven through its command line. Decides how a container is
 * hardened, how a command in it is followed and ended, and how its tree comes out again; owns `containers/` under
 * GANDER_HOME. No host folder is mounted into a container and no socket of the engine either.
 */
export { createDockerDriver } from './driver.ts'
