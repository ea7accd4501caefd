const DEPENDENCIES =
  /(?:^|\/)(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|requirements[\w.-]*\.txt|pipfile(?:\.lock)?|pyproject\.toml|poetry\.lock|uv\.lock|go\.(?:mod|sum)|cargo\.(?:toml|lock)|pom\.xml|build\.gradle(?:\.kts)?|gradle\.lockfile|gemfile(?:\.lock)?|composer\.(?:json|lock))$/i
const INTERFACES =
  /(?:^|\/)(?:openapi|swagger|asyncapi)[^/]*\.(?:json|ya?ml)$|\.(?:proto|graphqls?|thrift|avsc)$|(?:^|\/)public[-_]?api(?:\/|\.)/i
const SOURCES =
  /\.(?:[cm]?[jt]sx?|py|java|kt|kts|groovy|scala|go|rs|rb|cs|php|c|cc|cpp|h|hpp|swift|vue|svelte|sh|pl|ex|exs|clj)$/i

const MIGRATIONS = /(?:^|\/)(?:migrations?|db\/migrate|alembic|flyway|liquibase)(?:\/|$)|\.sql$/i

/** True for a manifest or a lockfile of any known ecosystem. */
export const isDependencyPath = (path: string): boolean => DEPENDENCIES.test(path)

/** True for a description of an interface that others are built against. */
export const isInterfacePath = (path: string): boolean => INTERFACES.test(path)

/** True for a step that changes what a database holds. */
export const isMigrationPath = (path: string): boolean => MIGRATIONS.test(path)

/** True for code, by its ending. */
export const isSourcePath = (path: string): boolean => SOURCES.test(path)
