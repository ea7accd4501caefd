/** Artifacts as files named by their hash under home/artifacts; decides how bytes become durable and are checked. */
export { createFilesystemArtifacts } from './filesystem-artifacts.ts'
export { createArtifactRemoval } from './artifact-removal.ts'
export { tenantHome } from './tenant-home.ts'
