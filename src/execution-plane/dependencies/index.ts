/**
 * Decides what a change may do to the packages a repository depends on: it compares manifests and lockfiles of base and
 * head, asks the configured registries about what is new, and says what is refused and what a person must agree to. Owns
 * the readers of manifests, the order of versions, the look-alike names and the rules. How facts are fetched is a port.
 */
export { dependencyVerdict } from './dependency-verdict.ts'
export { isDependencyFile } from './manifests/read-manifest.ts'
export { readDependencies, type DependencyReading } from './read-dependencies.ts'
