import { isDependencyPath, isInterfacePath, isMigrationPath, isSourcePath } from '#domain/path'
import { isRunnerConfiguration, isTestFile } from '#execution-plane/patch'

/** What a changed file is to a reviewer. */
export type FileKind =
  | 'source'
  | 'test'
  | 'documentation'
  | 'ci'
  | 'dependencies'
  | 'schema'
  | 'configuration'
  | 'other'

const CI =
  /(?:^|\/)(?:\.github\/(?:workflows|actions)\/|\.gitlab-ci|\.circleci\/|azure-pipelines|Jenkinsfile|\.buildkite\/)/
const DOCUMENTATION = /\.(?:md|mdx|rst|adoc|txt)$|(?:^|\/)docs?\//i
const CONFIGURATION = /\.(?:ya?ml|toml|json|ini|cfg|conf|properties|env)$|(?:^|\/)(?:Dockerfile|Makefile)[^/]*$/

/** The first that fits; a test of a migration is a test. */
export function kindOf(path: string): FileKind {
  if (isTestFile(path)) return 'test'
  if (CI.test(path)) return 'ci'
  if (isDependencyPath(path)) return 'dependencies'
  if (isInterfacePath(path) || isMigrationPath(path)) return 'schema'
  if (DOCUMENTATION.test(path)) return 'documentation'
  if (isSourcePath(path)) return 'source'
  return CONFIGURATION.test(path) || isRunnerConfiguration(path) ? 'configuration' : 'other'
}
