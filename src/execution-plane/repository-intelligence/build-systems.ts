/** How a repository is built, by the file that says so. */
export type BuildSystem =
  | 'maven'
  | 'gradle'
  | 'npm'
  | 'pnpm'
  | 'yarn'
  | 'python'
  | 'go'
  | 'cargo'
  | 'bundler'
  | 'composer'
  | 'dotnet'
  | 'cmake'
  | 'make'

interface BuildSystemMark {
  readonly name: BuildSystem
  /** Matches the manifest anywhere in the tree. */
  readonly manifest: RegExp
  /** Matches the file at the root whose presence makes `command` the way to test. */
  readonly marker: RegExp
  /** Null where the way to test is not told by the manifest's presence alone. */
  readonly command: string | null
}

/** Known build systems, in the order in which they win a tie. */
export const BUILD_SYSTEMS: readonly BuildSystemMark[] = [
  { name: 'maven', manifest: /(^|\/)pom\.xml$/, marker: /^pom\.xml$/, command: 'mvn test' },
  { name: 'gradle', manifest: /(^|\/)build\.gradle(\.kts)?$/, marker: /^gradlew$/, command: './gradlew test' },
  { name: 'npm', manifest: /(^|\/)package\.json$/, marker: /^package\.json$/, command: null },
  {
    name: 'python',
    manifest: /(^|\/)(pyproject\.toml|setup\.py|setup\.cfg|requirements[^/]*\.txt)$/,
    marker: /^$/,
    command: null,
  },
  { name: 'go', manifest: /(^|\/)go\.mod$/, marker: /^go\.mod$/, command: 'go test ./...' },
  { name: 'cargo', manifest: /(^|\/)Cargo\.toml$/, marker: /^Cargo\.toml$/, command: 'cargo test' },
  { name: 'bundler', manifest: /(^|\/)Gemfile$/, marker: /^Rakefile$/, command: 'bundle exec rake test' },
  {
    name: 'composer',
    manifest: /(^|\/)composer\.json$/,
    marker: /^phpunit\.xml(\.dist)?$/,
    command: 'vendor/bin/phpunit',
  },
  { name: 'dotnet', manifest: /\.(csproj|fsproj|sln)$/, marker: /^[^/]+\.sln$/, command: 'dotnet test' },
  { name: 'cmake', manifest: /(^|\/)CMakeLists\.txt$/, marker: /^$/, command: null },
  { name: 'make', manifest: /^Makefile$/, marker: /^$/, command: null },
]
