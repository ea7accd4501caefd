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
const DEPENDENCIES =
  /(?:^|\/)(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|requirements[\w.-]*\.txt|Pipfile(?:\.lock)?|poetry\.lock|uv\.lock|go\.(?:mod|sum)|Cargo\.(?:toml|lock)|pom\.xml|build\.gradle(?:\.kts)?|gradle\.lockfile|Gemfile(?:\.lock)?|composer\.(?:json|lock))$/
const SCHEMA =
  /(?:^|\/)(?:migrations?|db\/migrate|alembic\/versions)\/|\.(?:sql|proto|graphqls?|thrift|avsc)$|(?:^|\/)(?:openapi|swagger)[^/]*\.(?:json|ya?ml)$/
const DOCUMENTATION = /\.(?:md|mdx|rst|adoc|txt)$|(?:^|\/)docs?\//i
const SOURCE =
  /\.(?:[cm]?[jt]sx?|py|java|kt|kts|groovy|scala|go|rs|rb|cs|php|c|cc|cpp|h|hpp|swift|vue|svelte|sh|pl|ex|exs|clj)$/
const CONFIGURATION = /\.(?:ya?ml|toml|json|ini|cfg|conf|properties|env)$|(?:^|\/)(?:Dockerfile|Makefile)[^/]*$/

/** The first that fits; a test of a migration is a test. */
export function kindOf(path: string): FileKind {
  if (isTestFile(path)) return 'test'
  if (CI.test(path)) return 'ci'
  if (DEPENDENCIES.test(path)) return 'dependencies'
  if (SCHEMA.test(path)) return 'schema'
  if (DOCUMENTATION.test(path)) return 'documentation'
  if (SOURCE.test(path)) return 'source'
  return CONFIGURATION.test(path) || isRunnerConfiguration(path) ? 'configuration' : 'other'
}
